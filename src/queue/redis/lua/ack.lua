-- ARGV: consumer, entry id, delivery, job
if not held(ARGV[1], ARGV[2], ARGV[3]) then
  return 0
end
forget(ARGV[2])
redis.call('HDEL', tries, ARGV[4])
unbury(ARGV[4])
return 1
