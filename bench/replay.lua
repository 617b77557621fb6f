-- wrk script: replays the requests of a file one after the other, and prints what was measured as one line of JSON.
-- The file holds records of "<bytes>\n<raw HTTP/1.1 request>". REQUESTS names it.
local requests, at = {}, 0

function init()
  local file = assert(io.open(assert(os.getenv("REQUESTS"), "REQUESTS names no file"), "rb"))
  local text = file:read("*a")
  file:close()
  local from = 1
  while from <= #text do
    local line_end = text:find("\n", from, true)
    local bytes = tonumber(text:sub(from, line_end - 1))
    requests[#requests + 1] = text:sub(line_end + 1, line_end + bytes)
    from = line_end + bytes + 1
  end
end

function request()
  at = at % #requests + 1
  return requests[at]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '{"perSecond":%.1f,"requests":%d,"p50Us":%d,"p99Us":%d,"refused":%d,"broken":%d}\n',
    summary.requests / (summary.duration / 1e6), summary.requests, latency:percentile(50), latency:percentile(99),
    errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
