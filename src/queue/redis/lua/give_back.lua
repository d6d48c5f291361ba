-- ARGV: consumer, entry id, delivery, job, delay or -1 for the last attempt, attempt, error, dead letters kept
if not held(ARGV[1], ARGV[2], ARGV[3]) then
  return 0
end
forget(ARGV[2])
if tonumber(ARGV[5]) < 0 then
  bury(ARGV[4], ARGV[6], ARGV[7], ARGV[8])
else
  redis.call('ZADD', delayed, 'LT', now() + tonumber(ARGV[5]), ARGV[4])
end
return 1
