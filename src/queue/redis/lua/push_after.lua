-- ARGV: job, delay
return redis.call('ZADD', delayed, 'LT', now() + tonumber(ARGV[2]), ARGV[1])
