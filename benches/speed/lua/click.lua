-- Visits partners' links, each time as somebody else: by another address, which a trusted proxy tells.
local links

function init(args)
  links = tonumber(args[1])
  math.randomseed(os.time())
end

local agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"

function request()
  local address = math.random(1, 223) .. "." .. math.random(0, 255) .. "." .. math.random(0, 255) .. "." .. math.random(1, 254)
  return "GET /r/s" .. math.random(0, links - 1) .. " HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: " .. agent
    .. "\r\nAccept: text/html\r\nX-Forwarded-For: " .. address .. "\r\n\r\n"
end
