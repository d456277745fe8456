/** The version in `package.json`, to which a test holds it. */
export const VERSION = '1.0.0'

/** What every request says of itself. */
export const USER_AGENT = `create-zendesk-token/${VERSION}`
