/*
 * Loaded before dist/ in a process under test. It replaces the clock of the process, so that tests are fast and do not
 * depend on the machine: time stands still while the process works or waits for a response, and jumps to the next
 * timer when the process waits for timers only.
 *
 *   TEST_NOW         the time of day at which the process starts, in milliseconds since 1970
 *   TEST_RANDOM      what Math.random returns
 *   TEST_STALLED     a folder: a file named after a server's port and ours means that this request gets no response
 *   TEST_HOLD        a file: time stands still until this file exists; a signal to the process creates it
 *   TEST_SIGNAL_AT   a pattern: the process receives TEST_SIGNAL when it has printed a line that matches
 *   TEST_CLOCK_FILE  a file that always holds the milliseconds that have passed by this clock
 *   TEST_SPEED       instead of jumping to the next timer, wait for it at this many times the usual speed
 *   TEST_LOOKUPS     how many host names are found; after them every name is unknown
 *   TEST_NO_NAMES    time does not wait for the name server, which never responds
 *   TEST_BARRIER     a file that the process waits for, once dist/ is loaded and it has created a file of its own
 *   TEST_REPORT      a file that receives the peak memory of the process, in KiB
 */
const { env, getBuiltinModule } = process
const { errorMonitor } = getBuiltinModule('node:events')
const fs = getBuiltinModule('node:fs')

const REAL = { setTimeout, clearTimeout, setImmediate, clearImmediate }

/** Milliseconds since the start, by the clock that the process sees. */
let clock = 0
performance.now = () => clock
if (env.TEST_NOW) Date.now = () => Number(env.TEST_NOW) + clock
if (env.TEST_RANDOM) Math.random = () => Number(env.TEST_RANDOM)

let isHeld = Boolean(env.TEST_HOLD) && !fs.existsSync(env.TEST_HOLD)
const speed = Number(env.TEST_SPEED || Infinity)
const clockFile = env.TEST_CLOCK_FILE ? fs.openSync(env.TEST_CLOCK_FILE, 'w') : undefined

function setClock(time) {
  clock = time
  // Of fixed length, so that a reader finds either the old time or the new one.
  if (clockFile !== undefined) fs.writeSync(clockFile, clock.toFixed(3).padStart(20), 0)
}
setClock(0)

/** HTTP requests that are not complete. */
const requests = new Set()
/** Milliseconds between two looks at what cannot be waited for. Hundreds of processes must leave each other time. */
const POLL = speed === Infinity ? 3 : 50

getBuiltinModule('node:diagnostics_channel').subscribe('http.client.request.start', ({ request }) => {
  requests.add(request)
  const forget = () => {
    requests.delete(request)
    if (timers.size > 0) plan(tick)
  }
  // One that waits for a tunnel ends without `close` if there is none.
  request.once('close', forget).once(errorMonitor, forget)
})

/** Whether a request has ended or will get no response; the one that opens a tunnel may end without `close`. */
function isOver({ destroyed, socket }) {
  if (destroyed || (env.TEST_NO_NAMES && socket?.connecting)) return true
  return (
    Boolean(socket?.localPort) &&
    fs.existsSync(`${env.TEST_STALLED}/${socket.remotePort}-${socket.localPort}`)
  )
}

/** What may be active in a process that only waits for a timer. A write to a file, for example, may not. */
const PASSIVE = new Set('Timeout Immediate PipeWrap TTYWrap TCPSocketWrap TLSWrap SignalWrap'.split(' '))
if (env.TEST_NO_NAMES) PASSIVE.add('GetAddrInfoReqWrap')

/** Whether nothing can happen until a timer is due. */
function isIdle() {
  isHeld &&= !fs.existsSync(env.TEST_HOLD)
  if (isHeld || ![...requests].every(isOver)) return false
  return process.getActiveResourcesInfo().every((name) => PASSIVE.has(name))
}

class Timer {
  constructor(work, ms, rest) {
    Object.assign(this, { work, rest, due: clock + Math.max(0, Number(ms) || 0) })
  }
  ref() {
    return this
  }
  unref() {
    return this
  }
}

const timers = new Set()
let idleTurns = 0
let cancel = () => undefined

/** Plans the next turn, instead of the one that was planned: at once, or some real milliseconds later. */
function plan(turn, ms) {
  cancel()
  if (ms === undefined) {
    const immediate = REAL.setImmediate(turn)
    cancel = () => REAL.clearImmediate(immediate)
  } else {
    const timeout = REAL.setTimeout(turn, ms)
    cancel = () => REAL.clearTimeout(timeout)
  }
}

function tick() {
  if (timers.size === 0) return
  const next = [...timers].reduce((first, timer) => (timer.due < first.due ? timer : first))
  if (next.due <= clock) {
    timers.delete(next)
    // Before the work, since that may throw.
    plan(tick)
    next.work(...next.rest)
  } else if (!isIdle()) {
    idleTurns = 0
    plan(tick, POLL)
  } else if (idleTurns++ < 3) {
    // Pending events (a signal, a response) come first.
    plan(tick)
  } else {
    idleTurns = 0
    const jump = () => {
      if (timers.has(next) && isIdle()) setClock(next.due)
      tick()
    }
    if (speed === Infinity) jump()
    else plan(jump, (next.due - clock) / speed)
  }
}

globalThis.setTimeout = (work, ms, ...rest) => {
  const timer = new Timer(work, ms, rest)
  timers.add(timer)
  idleTurns = 0
  plan(tick)
  return timer
}
globalThis.clearTimeout = (timer) => {
  if (!timers.delete(timer)) REAL.clearTimeout(timer)
}
getBuiltinModule('node:timers/promises').setTimeout = (ms, value, { signal } = {}) =>
  new Promise((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer)
      reject(Object.assign(new Error('The operation was aborted'), { name: 'AbortError', code: 'ABORT_ERR' }))
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort)
      resolve(value)
    }, ms)
    if (signal?.aborted) abort()
    else signal?.addEventListener('abort', abort, { once: true })
  })
Object.assign(getBuiltinModule('node:timers'), { setTimeout, clearTimeout })

if (isHeld) {
  const emit = process.emit
  process.emit = function (name, ...rest) {
    const result = emit.call(this, name, ...rest)
    if (isHeld && /^SIG/.test(String(name))) {
      isHeld = false
      // By then the process has handled the signal.
      const release = () => fs.writeFileSync(env.TEST_HOLD, '')
      REAL.setTimeout(release, 5)
      process.once('exit', release)
    }
    return result
  }
}

if (env.TEST_SIGNAL_AT) {
  const pattern = new RegExp(env.TEST_SIGNAL_AT, 'm')
  const { stdout } = process
  const write = stdout.write.bind(stdout)
  stdout.write = (text, ...rest) => {
    const result = write(text, ...rest)
    if (pattern.test(String(text))) {
      // A real signal would be handled at some later turn of the event loop, so it is emitted at once.
      if (env.TEST_SIGNAL === 'SIGKILL') process.kill(process.pid, 'SIGKILL')
      else process.emit(env.TEST_SIGNAL)
    }
    return result
  }
}

if (env.TEST_REPORT) {
  process.on('exit', () => {
    fs.writeFileSync(env.TEST_REPORT, String(process.resourceUsage().maxRSS))
  })
}

if (env.TEST_LOOKUPS) {
  let left = Number(env.TEST_LOOKUPS)
  getBuiltinModule('node:dns').lookup = (hostname, options, done) => {
    const isFound = left-- > 0
    process.nextTick(() => {
      if (isFound && options.all) done(null, [{ address: '127.0.0.1', family: 4 }])
      else if (isFound) done(null, '127.0.0.1', 4)
      else {
        const error = new Error(`getaddrinfo ENOTFOUND ${hostname}`)
        done(Object.assign(error, { errno: -3008, code: 'ENOTFOUND', syscall: 'getaddrinfo', hostname }))
      }
    })
  }
}

if (env.TEST_BARRIER) {
  const { dirname, join } = getBuiltinModule('node:path')
  getBuiltinModule('node:module').createRequire(__filename)(join(dirname(process.argv[1]), 'index.cjs'))
  fs.writeFileSync(`${env.TEST_BARRIER}.${process.pid}`, '')
  const sleeper = new Int32Array(new SharedArrayBuffer(4))
  while (!fs.existsSync(env.TEST_BARRIER)) Atomics.wait(sleeper, 0, 0, 100)
}
