/** A time in ISO 8601, UTC, to the second, such as `2027-04-30T12:00:00Z`; empty for an invalid time. */
export function isoTime(ms: number): string {
  const date = new Date(ms)
  return Number.isNaN(date.getTime()) ? '' : date.toISOString().replace(/\.\d{3}Z$/, 'Z')
}

const UNITS = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1]
] as const

/** A length of time in words, such as `1 hour 30 minutes`: its largest unit, and the next smaller one. */
export function duration(seconds: number): string {
  let left = Math.round(seconds)
  const largest = UNITS.findIndex(([, length]) => left >= length)
  const parts = UNITS.slice(largest, largest + 2).map(([unit, length]) => {
    const count = Math.floor(left / length)
    left -= count * length
    return count === 0 ? '' : `${count} ${unit}${count === 1 ? '' : 's'}`
  })
  return parts.filter(Boolean).join(' ') || '0 seconds'
}
