-- ARGV: consumer, entry id, delivery
if not held(ARGV[1], ARGV[2], ARGV[3]) then
  return 0
end
-- JUSTID starts the idle time anew and leaves the counter alone.
return #redis.call('XCLAIM', jobs, group, ARGV[1], 0, ARGV[2], 'JUSTID')
