-- Sends the requests of a file, each once: eight digits of length, then the raw request. They were signed before the run, so that signing takes
-- nothing from it. Nothing is sent after the end of the file, where wrk waits for its time to be over: the file has to be long enough.
local file, last

function init(args)
  file = assert(io.open(args[1], "rb"))
end

function request()
  local length = file:read(8)
  if not length then
    wrk.thread:stop()
    return last
  end
  last = file:read(tonumber(length))
  return last
end
