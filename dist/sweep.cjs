require('./index.cjs').sweep()
