/*
 * Loaded before dist/ in a process under test: makes its waits short, and its name server fail on demand.
 *
 *   TEST_SPEED       how much faster time passes while the process waits
 *   TEST_CLOCK_FILE  where the process writes, at its end, how many milliseconds it took by its own clock
 *   TEST_LOOKUPS     how many host names are found; after them every one is unknown
 *   TEST_BARRIER     a file for which the process waits, dist/ already loaded, after it has left one of its own beside it
 *   TEST_PATIENCE    real milliseconds that a reply is given before the wait for it is shortened too; 300 by default
 *
 * Time runs as ever while the process works, and also while it is kept from working by others: so a busy machine
 * makes a test slower, but never makes a step run out of time.
 */
const { env, getBuiltinModule } = process
const dns = getBuiltinModule('node:dns')
const { existsSync, writeFileSync } = getBuiltinModule('node:fs')

const { TEST_SPEED, TEST_CLOCK_FILE, TEST_LOOKUPS, TEST_BARRIER, TEST_PATIENCE } = env
const speed = Number(TEST_SPEED ?? 1)

const { performance, setTimeout, clearTimeout } = globalThis
const realNow = performance.now.bind(performance)
// A fixed day, so that nothing depends on when a test is run.
const day = Date.UTC(2026, 8, 1, 12)
/** Milliseconds that were skipped so far. */
let skipped = 0
/** Real milliseconds to look away, and how many more are taken for idleness. */
const NAP = 4
const LATE = 4

performance.now = () => realNow() + skipped
Date.now = () => Math.round(day + performance.now())

/** Requests that are waited for. */
let inFlight = 0
/** Until when a reply may be on its way from a server that is busy, in real milliseconds. */
let patientUntil = 0
const patience = Number(TEST_PATIENCE ?? 300)

const timers = new Set()
let alarm

/** Sleeps until the next timer is due: shortly where nothing else is waited for, and in naps where a reply may come. */
function sleep() {
  clearTimeout(alarm)
  if (timers.size === 0) return
  const from = realNow()
  const next = Math.min(...Array.from(timers, ({ due }) => due))
  const left = () => Math.max(0, next - performance.now())
  const isPatient = from < patientUntil
  const isAlone = inFlight === 0
  const short = left() / speed
  alarm = setTimeout(
    () => {
      const slept = realNow() - from
      if (!isPatient && isAlone) skipped += left()
      else if (!isPatient && slept <= NAP + LATE) skipped += Math.min(left(), slept * (speed - 1))
      const now = performance.now()
      for (const timer of [...timers].sort((a, b) => a.due - b.due)) {
        if (timer.due <= now && timers.delete(timer)) timer.work(...timer.rest)
      }
      sleep()
    },
    isPatient ? Math.min(left(), patientUntil - from, 2 ** 30) : isAlone ? short : Math.min(NAP, short)
  )
}

globalThis.setTimeout = (work, ms = 0, ...rest) => {
  const timer = { due: performance.now() + ms, work, rest }
  timers.add(timer)
  sleep()
  return timer
}
globalThis.clearTimeout = (timer) => {
  if (!timers.delete(timer)) clearTimeout(timer)
}

if (TEST_CLOCK_FILE !== undefined) {
  process.on('exit', () => {
    writeFileSync(TEST_CLOCK_FILE, String(performance.now()))
  })
}

if (TEST_LOOKUPS !== undefined) {
  let left = Number(TEST_LOOKUPS)
  dns.lookup = (host, options, done) => {
    const found = left-- > 0
    const error = Object.assign(new Error(`getaddrinfo ENOTFOUND ${host}`), {
      errno: -3008,
      code: 'ENOTFOUND',
      syscall: 'getaddrinfo',
      hostname: host
    })
    process.nextTick(() => {
      if (!found) done(error)
      else if (options.all) done(null, [{ address: '127.0.0.1', family: 4 }])
      else done(null, '127.0.0.1', 4)
    })
  }
}

getBuiltinModule('node:diagnostics_channel').subscribe('http.client.request.start', ({ request }) => {
  inFlight += 1
  patientUntil = realNow() + patience
  sleep()
  request.once('close', () => {
    inFlight -= 1
    patientUntil = 0
    sleep()
  })
})

if (TEST_BARRIER !== undefined) {
  const { dirname, join } = getBuiltinModule('node:path')
  getBuiltinModule('node:module').createRequire(process.argv[1])(join(dirname(process.argv[1]), 'index.cjs'))
  writeFileSync(`${TEST_BARRIER}.${process.pid}`, '')
  const clock = new Int32Array(new SharedArrayBuffer(4))
  while (!existsSync(TEST_BARRIER)) Atomics.wait(clock, 0, 0, 20)
}
