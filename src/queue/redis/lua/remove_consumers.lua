-- Removes consumers of processes that are gone. One that still holds something stays until it was claimed, because with
-- the consumer its pending entries would go.
-- ARGV: own consumer, idle time
local removed = 0
for _, flat in ipairs(redis.call('XINFO', 'CONSUMERS', jobs, group)) do
  local info = {}
  for i = 1, #flat, 2 do
    info[flat[i]] = flat[i + 1]
  end
  if info['name'] ~= ARGV[1] and info['pending'] == 0 and info['idle'] > tonumber(ARGV[2]) then
    redis.call('XGROUP', 'DELCONSUMER', jobs, group, info['name'])
    removed = removed + 1
  end
end
return removed
