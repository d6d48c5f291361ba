-- ARGV: job
if unbury(ARGV[1]) == 0 then
  return 0
end
redis.call('HDEL', tries, ARGV[1])
ring(ARGV[1])
return 1
