/** The version in `package.json`, to which a test holds it: what the `User-Agent` of every request tells. */
export const VERSION = '1.0.0'
