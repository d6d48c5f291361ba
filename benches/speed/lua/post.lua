-- Sends one request again and again: the raw request of a file.
local raw

function init(args)
  local file = assert(io.open(args[1], "rb"))
  raw = file:read("*a")
end

function request()
  return raw
end
