-- ARGV: entry id, job, entry id, job...
-- Answer: the attempt of each
local attempts = {}
for i = 1, #ARGV, 2 do
  attempts[#attempts + 1] = deliver(ARGV[i], ARGV[i + 1])
end
return attempts
