-- ARGV: limit
-- Answer: the time, { { job, attempts, error, since }... }
local found = {}
for _, entry in ipairs(redis.call('XREVRANGE', dead, '+', '-', 'COUNT', ARGV[1])) do
  local since = tonumber(string.match(entry[1], '^%d+'))
  found[#found + 1] = { entry[2][2], tonumber(entry[2][4]), entry[2][6], since }
end
return { now(), found }
