-- What time has brought: delayed jobs that are due become ready; entries whose lease ran out are claimed.
-- ARGV: consumer, visibility, most to claim, most attempts, dead letters kept
-- Answer: { { entry id, job, attempt, delivery }... }, milliseconds to the next delayed job or -1
local consumer, visibility, most, max_attempts, kept = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5]
local time = now()

for _, job in ipairs(redis.call('ZRANGEBYSCORE', delayed, '-inf', time, 'LIMIT', 0, 500)) do
  redis.call('ZREM', delayed, job)
  ring(job)
end

local claimed = {}
local cursor = '0-0'
-- Each call looks at ten times COUNT pending entries; a thousand times that is more than workers can hold.
for _ = 1, 1000 do
  local found = redis.call('XAUTOCLAIM', jobs, group, consumer, visibility, cursor, 'COUNT', most - #claimed)
  cursor = found[1]
  for _, entry in ipairs(found[2]) do
    -- Before Redis 7 an entry that was deleted while pending comes as nothing.
    if entry and entry[2] then
      local id, job = entry[1], entry[2][2]
      local attempt = deliver(id, job)
      if attempt > max_attempts then
        forget(id)
        bury(job, attempt - 1, 'the lease ran out on the last attempt', kept)
      else
        local delivery = pending(id)[4]
        claimed[#claimed + 1] = { id, job, attempt, delivery }
      end
    end
  end
  if cursor == '0-0' or #claimed >= most then
    break
  end
end

local next = redis.call('ZRANGE', delayed, 0, 0, 'WITHSCORES')
return { claimed, next[2] and math.max(0, tonumber(next[2]) - time) or -1 }
