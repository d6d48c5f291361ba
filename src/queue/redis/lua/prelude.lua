-- What every script shares. All keys are in one hash slot; the time is the server's, in milliseconds.
local jobs, rung, delayed, tries, dead, letters = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local group = 'workers'

local function now()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end

-- Whether an entry was handed out and not finished. No group means no.
local function pending(id)
  local found = redis.pcall('XPENDING', jobs, group, id, id, 1)
  return not found.err and found[1] or nil
end

-- Makes a job ready, unless it is ready already. `rung` only hints at the entry: what counts is that the entry exists and
-- nobody has it, so neither a stream that was deleted under the hint nor a worker that died can swallow a ring.
local function ring(job)
  local id = redis.call('HGET', rung, job)
  if id and #redis.call('XRANGE', jobs, id, id) > 0 and not pending(id) then
    return
  end
  redis.call('HSET', rung, job, redis.call('XADD', jobs, '*', 'job', job))
end

-- Whether this very delivery is still the consumer's: the counter tells it from a later one to the same consumer.
local function held(consumer, id, delivery)
  local entry = pending(id)
  return entry and entry[2] == consumer and entry[4] == tonumber(delivery)
end

local function forget(id)
  redis.call('XACK', jobs, group, id)
  redis.call('XDEL', jobs, id)
end

local function unbury(job)
  local id = redis.call('HGET', letters, job)
  if not id then
    return 0
  end
  redis.call('HDEL', letters, job)
  return redis.call('XDEL', dead, id)
end

local function bury(job, attempts, error, kept)
  unbury(job)
  redis.call('HDEL', tries, job)
  local id = redis.call('XADD', dead, '*', 'job', job, 'attempts', attempts, 'error', error)
  redis.call('HSET', letters, job, id)
  while redis.call('XLEN', dead) > tonumber(kept) do
    local oldest = redis.call('XRANGE', dead, '-', '+', 'COUNT', 1)[1]
    redis.call('XDEL', dead, oldest[1])
    redis.call('HDEL', letters, oldest[2][2])
  end
end

-- A delivered entry: from now on a new ring makes a new entry, and the attempt counts before any work is done.
local function deliver(id, job)
  if redis.call('HGET', rung, job) == id then
    redis.call('HDEL', rung, job)
  end
  return redis.call('HINCRBY', tries, job, 1)
end

