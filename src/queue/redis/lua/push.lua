-- ARGV: jobs
for _, job in ipairs(ARGV) do
  ring(job)
end
return #ARGV
