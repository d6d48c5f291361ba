-- Answer: ready, delayed, leased, dead, milliseconds the oldest ready job has waited or -1
local leased, last = 0, '0-0'
local groups = redis.pcall('XINFO', 'GROUPS', jobs)
if not groups.err then
  for _, flat in ipairs(groups) do
    local info = {}
    for i = 1, #flat, 2 do
      info[flat[i]] = flat[i + 1]
    end
    if info['name'] == group then
      leased, last = info['pending'], info['last-delivered-id']
    end
  end
end
local oldest = redis.call('XRANGE', jobs, '(' .. last, '+', 'COUNT', 1)[1]
local waited = oldest and math.max(0, now() - tonumber(string.match(oldest[1], '^%d+'))) or -1
local ready = math.max(0, redis.call('XLEN', jobs) - leased)
return { ready, redis.call('ZCARD', delayed), leased, redis.call('XLEN', dead), waited }
