require('./index.cjs').post()
