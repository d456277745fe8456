/******/ (() => { // webpackBootstrap
/******/ 	var __webpack_modules__ = ({

/***/ 770:
/***/ ((module, __unused_webpack_exports, __nccwpck_require__) => {

module.exports = __nccwpck_require__(218);


/***/ }),

/***/ 218:
/***/ ((__unused_webpack_module, exports, __nccwpck_require__) => {

"use strict";


var net = __nccwpck_require__(278);
var tls = __nccwpck_require__(756);
var http = __nccwpck_require__(611);
var https = __nccwpck_require__(692);
var events = __nccwpck_require__(434);
var assert = __nccwpck_require__(613);
var util = __nccwpck_require__(23);


exports.httpOverHttp = httpOverHttp;
exports.httpsOverHttp = httpsOverHttp;
exports.httpOverHttps = httpOverHttps;
exports.httpsOverHttps = httpsOverHttps;


function httpOverHttp(options) {
  var agent = new TunnelingAgent(options);
  agent.request = http.request;
  return agent;
}

function httpsOverHttp(options) {
  var agent = new TunnelingAgent(options);
  agent.request = http.request;
  agent.createSocket = createSecureSocket;
  agent.defaultPort = 443;
  return agent;
}

function httpOverHttps(options) {
  var agent = new TunnelingAgent(options);
  agent.request = https.request;
  return agent;
}

function httpsOverHttps(options) {
  var agent = new TunnelingAgent(options);
  agent.request = https.request;
  agent.createSocket = createSecureSocket;
  agent.defaultPort = 443;
  return agent;
}


function TunnelingAgent(options) {
  var self = this;
  self.options = options || {};
  self.proxyOptions = self.options.proxy || {};
  self.maxSockets = self.options.maxSockets || http.Agent.defaultMaxSockets;
  self.requests = [];
  self.sockets = [];

  self.on('free', function onFree(socket, host, port, localAddress) {
    var options = toOptions(host, port, localAddress);
    for (var i = 0, len = self.requests.length; i < len; ++i) {
      var pending = self.requests[i];
      if (pending.host === options.host && pending.port === options.port) {
        // Detect the request to connect same origin server,
        // reuse the connection.
        self.requests.splice(i, 1);
        pending.request.onSocket(socket);
        return;
      }
    }
    socket.destroy();
    self.removeSocket(socket);
  });
}
util.inherits(TunnelingAgent, events.EventEmitter);

TunnelingAgent.prototype.addRequest = function addRequest(req, host, port, localAddress) {
  var self = this;
  var options = mergeOptions({request: req}, self.options, toOptions(host, port, localAddress));

  if (self.sockets.length >= this.maxSockets) {
    // We are over limit so we'll add it to the queue.
    self.requests.push(options);
    return;
  }

  // If we are under maxSockets create a new one.
  self.createSocket(options, function(socket) {
    socket.on('free', onFree);
    socket.on('close', onCloseOrRemove);
    socket.on('agentRemove', onCloseOrRemove);
    req.onSocket(socket);

    function onFree() {
      self.emit('free', socket, options);
    }

    function onCloseOrRemove(err) {
      self.removeSocket(socket);
      socket.removeListener('free', onFree);
      socket.removeListener('close', onCloseOrRemove);
      socket.removeListener('agentRemove', onCloseOrRemove);
    }
  });
};

TunnelingAgent.prototype.createSocket = function createSocket(options, cb) {
  var self = this;
  var placeholder = {};
  self.sockets.push(placeholder);

  var connectOptions = mergeOptions({}, self.proxyOptions, {
    method: 'CONNECT',
    path: options.host + ':' + options.port,
    agent: false,
    headers: {
      host: options.host + ':' + options.port
    }
  });
  if (options.localAddress) {
    connectOptions.localAddress = options.localAddress;
  }
  if (connectOptions.proxyAuth) {
    connectOptions.headers = connectOptions.headers || {};
    connectOptions.headers['Proxy-Authorization'] = 'Basic ' +
        new Buffer(connectOptions.proxyAuth).toString('base64');
  }

  debug('making CONNECT request');
  var connectReq = self.request(connectOptions);
  connectReq.useChunkedEncodingByDefault = false; // for v0.6
  connectReq.once('response', onResponse); // for v0.6
  connectReq.once('upgrade', onUpgrade);   // for v0.6
  connectReq.once('connect', onConnect);   // for v0.7 or later
  connectReq.once('error', onError);
  connectReq.end();

  function onResponse(res) {
    // Very hacky. This is necessary to avoid http-parser leaks.
    res.upgrade = true;
  }

  function onUpgrade(res, socket, head) {
    // Hacky.
    process.nextTick(function() {
      onConnect(res, socket, head);
    });
  }

  function onConnect(res, socket, head) {
    connectReq.removeAllListeners();
    socket.removeAllListeners();

    if (res.statusCode !== 200) {
      debug('tunneling socket could not be established, statusCode=%d',
        res.statusCode);
      socket.destroy();
      var error = new Error('tunneling socket could not be established, ' +
        'statusCode=' + res.statusCode);
      error.code = 'ECONNRESET';
      options.request.emit('error', error);
      self.removeSocket(placeholder);
      return;
    }
    if (head.length > 0) {
      debug('got illegal response body from proxy');
      socket.destroy();
      var error = new Error('got illegal response body from proxy');
      error.code = 'ECONNRESET';
      options.request.emit('error', error);
      self.removeSocket(placeholder);
      return;
    }
    debug('tunneling connection has established');
    self.sockets[self.sockets.indexOf(placeholder)] = socket;
    return cb(socket);
  }

  function onError(cause) {
    connectReq.removeAllListeners();

    debug('tunneling socket could not be established, cause=%s\n',
          cause.message, cause.stack);
    var error = new Error('tunneling socket could not be established, ' +
                          'cause=' + cause.message);
    error.code = 'ECONNRESET';
    options.request.emit('error', error);
    self.removeSocket(placeholder);
  }
};

TunnelingAgent.prototype.removeSocket = function removeSocket(socket) {
  var pos = this.sockets.indexOf(socket)
  if (pos === -1) {
    return;
  }
  this.sockets.splice(pos, 1);

  var pending = this.requests.shift();
  if (pending) {
    // If we have pending requests and a socket gets closed a new one
    // needs to be created to take over in the pool for the one that closed.
    this.createSocket(pending, function(socket) {
      pending.request.onSocket(socket);
    });
  }
};

function createSecureSocket(options, cb) {
  var self = this;
  TunnelingAgent.prototype.createSocket.call(self, options, function(socket) {
    var hostHeader = options.request.getHeader('host');
    var tlsOptions = mergeOptions({}, self.options, {
      socket: socket,
      servername: hostHeader ? hostHeader.replace(/:.*$/, '') : options.host
    });

    // 0 is dummy port for v0.6
    var secureSocket = tls.connect(0, tlsOptions);
    self.sockets[self.sockets.indexOf(socket)] = secureSocket;
    cb(secureSocket);
  });
}


function toOptions(host, port, localAddress) {
  if (typeof host === 'string') { // since v0.10
    return {
      host: host,
      port: port,
      localAddress: localAddress
    };
  }
  return host; // for v0.11 or later
}

function mergeOptions(target) {
  for (var i = 1, len = arguments.length; i < len; ++i) {
    var overrides = arguments[i];
    if (typeof overrides === 'object') {
      var keys = Object.keys(overrides);
      for (var j = 0, keyLen = keys.length; j < keyLen; ++j) {
        var k = keys[j];
        if (overrides[k] !== undefined) {
          target[k] = overrides[k];
        }
      }
    }
  }
  return target;
}


var debug;
if (process.env.NODE_DEBUG && /\btunnel\b/.test(process.env.NODE_DEBUG)) {
  debug = function() {
    var args = Array.prototype.slice.call(arguments);
    if (typeof args[0] === 'string') {
      args[0] = 'TUNNEL: ' + args[0];
    } else {
      args.unshift('TUNNEL:');
    }
    console.error.apply(console, args);
  }
} else {
  debug = function() {};
}
exports.debug = debug; // for test


/***/ }),

/***/ 613:
/***/ ((module) => {

"use strict";
module.exports = require("assert");

/***/ }),

/***/ 434:
/***/ ((module) => {

"use strict";
module.exports = require("events");

/***/ }),

/***/ 611:
/***/ ((module) => {

"use strict";
module.exports = require("http");

/***/ }),

/***/ 692:
/***/ ((module) => {

"use strict";
module.exports = require("https");

/***/ }),

/***/ 278:
/***/ ((module) => {

"use strict";
module.exports = require("net");

/***/ }),

/***/ 756:
/***/ ((module) => {

"use strict";
module.exports = require("tls");

/***/ }),

/***/ 23:
/***/ ((module) => {

"use strict";
module.exports = require("util");

/***/ }),

/***/ 298:
/***/ ((__unused_webpack_module, exports) => {

"use strict";
var __webpack_unused_export__;
/*
 * @actions/core imports this to describe the operating system, which this action never asks for.
 * Without it, nothing in `dist/` can start another process.
 */


__webpack_unused_export__ = function getExecOutput() {
  throw new Error('@actions/exec is left out of this build: this action starts no process')
}


/***/ }),

/***/ 949:
/***/ ((__unused_webpack_module, exports, __nccwpck_require__) => {

"use strict";
/*
 * @actions/http-client imports tunnel at the start, and uses it only behind a proxy. Here it is loaded when it is
 * used, so that no other start pays for it and for Node's `assert`.
 */


for (const name of ['httpOverHttp', 'httpsOverHttp', 'httpOverHttps', 'httpsOverHttps']) {
  Object.defineProperty(exports, name, {
    get: () => __nccwpck_require__(770)[name],
    enumerable: true
  })
}


/***/ }),

/***/ 479:
/***/ ((__unused_webpack_module, exports) => {

"use strict";
/*
 * @actions/http-client imports one class of undici, for callers that use `fetch`: this action does not.
 * Leaving the library out makes `dist/` a tenth of the size, so that it can be read.
 */


exports.k = class ProxyAgent {
  constructor() {
    throw new Error('undici is left out of this build: nothing in this action uses it')
  }
}


/***/ })

/******/ 	});
/************************************************************************/
/******/ 	// The module cache
/******/ 	var __webpack_module_cache__ = {};
/******/ 	
/******/ 	// The require function
/******/ 	function __nccwpck_require__(moduleId) {
/******/ 		// Check if module is in cache
/******/ 		var cachedModule = __webpack_module_cache__[moduleId];
/******/ 		if (cachedModule !== undefined) {
/******/ 			return cachedModule.exports;
/******/ 		}
/******/ 		// Create a new module (and put it into the cache)
/******/ 		var module = __webpack_module_cache__[moduleId] = {
/******/ 			// no module.id needed
/******/ 			// no module.loaded needed
/******/ 			exports: {}
/******/ 		};
/******/ 	
/******/ 		// Execute the module function
/******/ 		var threw = true;
/******/ 		try {
/******/ 			__webpack_modules__[moduleId](module, module.exports, __nccwpck_require__);
/******/ 			threw = false;
/******/ 		} finally {
/******/ 			if(threw) delete __webpack_module_cache__[moduleId];
/******/ 		}
/******/ 	
/******/ 		// Return the exports of the module
/******/ 		return module.exports;
/******/ 	}
/******/ 	
/************************************************************************/
/******/ 	/* webpack/runtime/asset-relocator-loader */
/******/ 	if (typeof __nccwpck_require__ !== 'undefined') __nccwpck_require__.ab = __dirname + "/";
/******/ 	
/******/ 	/* webpack/runtime/compat get default export */
/******/ 	(() => {
/******/ 		// getDefaultExport function for compatibility with non-harmony modules
/******/ 		__nccwpck_require__.n = (module) => {
/******/ 			var getter = module && module.__esModule ?
/******/ 				() => (module['default']) :
/******/ 				() => (module);
/******/ 			__nccwpck_require__.d(getter, { a: getter });
/******/ 			return getter;
/******/ 		};
/******/ 	})();
/******/ 	
/******/ 	/* webpack/runtime/create fake namespace object */
/******/ 	(() => {
/******/ 		var getProto = Object.getPrototypeOf ? (obj) => (Object.getPrototypeOf(obj)) : (obj) => (obj.__proto__);
/******/ 		var leafPrototypes;
/******/ 		// create a fake namespace object
/******/ 		// mode & 1: value is a module id, require it
/******/ 		// mode & 2: merge all properties of value into the ns
/******/ 		// mode & 4: return value when already ns object
/******/ 		// mode & 16: return value when it's Promise-like
/******/ 		// mode & 8|1: behave like require
/******/ 		__nccwpck_require__.t = function(value, mode) {
/******/ 			if(mode & 1) value = this(value);
/******/ 			if(mode & 8) return value;
/******/ 			if(typeof value === 'object' && value) {
/******/ 				if((mode & 4) && value.__esModule) return value;
/******/ 				if((mode & 16) && typeof value.then === 'function') return value;
/******/ 			}
/******/ 			var ns = Object.create(null);
/******/ 			__nccwpck_require__.r(ns);
/******/ 			var def = {};
/******/ 			leafPrototypes = leafPrototypes || [null, getProto({}), getProto([]), getProto(getProto)];
/******/ 			for(var current = mode & 2 && value; typeof current == 'object' && !~leafPrototypes.indexOf(current); current = getProto(current)) {
/******/ 				Object.getOwnPropertyNames(current).forEach((key) => (def[key] = () => (value[key])));
/******/ 			}
/******/ 			def['default'] = () => (value);
/******/ 			__nccwpck_require__.d(ns, def);
/******/ 			return ns;
/******/ 		};
/******/ 	})();
/******/ 	
/******/ 	/* webpack/runtime/define property getters */
/******/ 	(() => {
/******/ 		// define getter functions for harmony exports
/******/ 		__nccwpck_require__.d = (exports, definition) => {
/******/ 			for(var key in definition) {
/******/ 				if(__nccwpck_require__.o(definition, key) && !__nccwpck_require__.o(exports, key)) {
/******/ 					Object.defineProperty(exports, key, { enumerable: true, get: definition[key] });
/******/ 				}
/******/ 			}
/******/ 		};
/******/ 	})();
/******/ 	
/******/ 	/* webpack/runtime/hasOwnProperty shorthand */
/******/ 	(() => {
/******/ 		__nccwpck_require__.o = (obj, prop) => (Object.prototype.hasOwnProperty.call(obj, prop))
/******/ 	})();
/******/ 	
/******/ 	/* webpack/runtime/make namespace object */
/******/ 	(() => {
/******/ 		// define __esModule on exports
/******/ 		__nccwpck_require__.r = (exports) => {
/******/ 			if(typeof Symbol !== 'undefined' && Symbol.toStringTag) {
/******/ 				Object.defineProperty(exports, Symbol.toStringTag, { value: 'Module' });
/******/ 			}
/******/ 			Object.defineProperty(exports, '__esModule', { value: true });
/******/ 		};
/******/ 	})();
/******/ 	
/************************************************************************/
var __webpack_exports__ = {};
// This entry need to be wrapped in an IIFE because it need to be in strict mode.
(() => {
"use strict";
// ESM COMPAT FLAG
__nccwpck_require__.r(__webpack_exports__);

// EXPORTS
__nccwpck_require__.d(__webpack_exports__, {
  main: () => (/* binding */ main),
  post: () => (/* binding */ post),
  sweep: () => (/* binding */ src_sweep)
});

;// CONCATENATED MODULE: ./src/lib/secret.ts
/** A value that is never printed: everything that would show it shows `***`. */
class Secret {
    #value;
    constructor(value) {
        this.#value = value;
    }
    /** The value itself: call this only where it leaves for Zendesk or for a file of the runner. */
    reveal() {
        return this.#value;
    }
    toString() {
        return '***';
    }
    toJSON() {
        return '***';
    }
    [Symbol.for('nodejs.util.inspect.custom')]() {
        return '***';
    }
}

;// CONCATENATED MODULE: external "os"
const external_os_namespaceObject = require("os");
;// CONCATENATED MODULE: ./node_modules/@actions/core/lib/utils.js
// We use any as a valid input type
/* eslint-disable @typescript-eslint/no-explicit-any */
/**
 * Sanitizes an input into a string so it can be passed into issueCommand safely
 * @param input input to sanitize into a string
 */
function toCommandValue(input) {
    if (input === null || input === undefined) {
        return '';
    }
    else if (typeof input === 'string' || input instanceof String) {
        return input;
    }
    return JSON.stringify(input);
}
/**
 *
 * @param annotationProperties
 * @returns The command properties to send with the actual annotation command
 * See IssueCommandProperties: https://github.com/actions/runner/blob/main/src/Runner.Worker/ActionCommandManager.cs#L646
 */
function utils_toCommandProperties(annotationProperties) {
    if (!Object.keys(annotationProperties).length) {
        return {};
    }
    return {
        title: annotationProperties.title,
        file: annotationProperties.file,
        line: annotationProperties.startLine,
        endLine: annotationProperties.endLine,
        col: annotationProperties.startColumn,
        endColumn: annotationProperties.endColumn
    };
}
//# sourceMappingURL=utils.js.map
;// CONCATENATED MODULE: ./node_modules/@actions/core/lib/command.js


/**
 * Issues a command to the GitHub Actions runner
 *
 * @param command - The command name to issue
 * @param properties - Additional properties for the command (key-value pairs)
 * @param message - The message to include with the command
 * @remarks
 * This function outputs a specially formatted string to stdout that the Actions
 * runner interprets as a command. These commands can control workflow behavior,
 * set outputs, create annotations, mask values, and more.
 *
 * Command Format:
 *   ::name key=value,key=value::message
 *
 * @example
 * ```typescript
 * // Issue a warning annotation
 * issueCommand('warning', {}, 'This is a warning message');
 * // Output: ::warning::This is a warning message
 *
 * // Set an environment variable
 * issueCommand('set-env', { name: 'MY_VAR' }, 'some value');
 * // Output: ::set-env name=MY_VAR::some value
 *
 * // Add a secret mask
 * issueCommand('add-mask', {}, 'secretValue123');
 * // Output: ::add-mask::secretValue123
 * ```
 *
 * @internal
 * This is an internal utility function that powers the public API functions
 * such as setSecret, warning, error, and exportVariable.
 */
function command_issueCommand(command, properties, message) {
    const cmd = new Command(command, properties, message);
    process.stdout.write(cmd.toString() + external_os_namespaceObject.EOL);
}
function command_issue(name, message = '') {
    command_issueCommand(name, {}, message);
}
const CMD_STRING = '::';
class Command {
    constructor(command, properties, message) {
        if (!command) {
            command = 'missing.command';
        }
        this.command = command;
        this.properties = properties;
        this.message = message;
    }
    toString() {
        let cmdStr = CMD_STRING + this.command;
        if (this.properties && Object.keys(this.properties).length > 0) {
            cmdStr += ' ';
            let first = true;
            for (const key in this.properties) {
                if (this.properties.hasOwnProperty(key)) {
                    const val = this.properties[key];
                    if (val) {
                        if (first) {
                            first = false;
                        }
                        else {
                            cmdStr += ',';
                        }
                        cmdStr += `${key}=${escapeProperty(val)}`;
                    }
                }
            }
        }
        cmdStr += `${CMD_STRING}${escapeData(this.message)}`;
        return cmdStr;
    }
}
function escapeData(s) {
    return toCommandValue(s)
        .replace(/%/g, '%25')
        .replace(/\r/g, '%0D')
        .replace(/\n/g, '%0A');
}
function escapeProperty(s) {
    return toCommandValue(s)
        .replace(/%/g, '%25')
        .replace(/\r/g, '%0D')
        .replace(/\n/g, '%0A')
        .replace(/:/g, '%3A')
        .replace(/,/g, '%2C');
}
//# sourceMappingURL=command.js.map
;// CONCATENATED MODULE: external "crypto"
const external_crypto_namespaceObject = require("crypto");
;// CONCATENATED MODULE: external "fs"
const external_fs_namespaceObject = require("fs");
;// CONCATENATED MODULE: ./node_modules/@actions/core/lib/file-command.js
// For internal use, subject to change.
// We use any as a valid input type
/* eslint-disable @typescript-eslint/no-explicit-any */




function file_command_issueFileCommand(command, message) {
    const filePath = process.env[`GITHUB_${command}`];
    if (!filePath) {
        throw new Error(`Unable to find environment variable for file command ${command}`);
    }
    if (!external_fs_namespaceObject.existsSync(filePath)) {
        throw new Error(`Missing file at path: ${filePath}`);
    }
    external_fs_namespaceObject.appendFileSync(filePath, `${toCommandValue(message)}${external_os_namespaceObject.EOL}`, {
        encoding: 'utf8'
    });
}
function prepareKeyValueMessage(key, value) {
    const delimiter = `ghadelimiter_${external_crypto_namespaceObject.randomUUID()}`;
    const convertedValue = toCommandValue(value);
    // These should realistically never happen, but just in case someone finds a
    // way to exploit uuid generation let's not allow keys or values that contain
    // the delimiter.
    if (key.includes(delimiter)) {
        throw new Error(`Unexpected input: name should not contain the delimiter "${delimiter}"`);
    }
    if (convertedValue.includes(delimiter)) {
        throw new Error(`Unexpected input: value should not contain the delimiter "${delimiter}"`);
    }
    return `${key}<<${delimiter}${external_os_namespaceObject.EOL}${convertedValue}${external_os_namespaceObject.EOL}${delimiter}`;
}
//# sourceMappingURL=file-command.js.map
;// CONCATENATED MODULE: external "path"
const external_path_namespaceObject = require("path");
// EXTERNAL MODULE: external "http"
var external_http_ = __nccwpck_require__(611);
var external_http_namespaceObject = /*#__PURE__*/__nccwpck_require__.t(external_http_, 2);
// EXTERNAL MODULE: external "https"
var external_https_ = __nccwpck_require__(692);
var external_https_namespaceObject = /*#__PURE__*/__nccwpck_require__.t(external_https_, 2);
;// CONCATENATED MODULE: ./node_modules/@actions/http-client/lib/proxy.js
function getProxyUrl(reqUrl) {
    const usingSsl = reqUrl.protocol === 'https:';
    if (checkBypass(reqUrl)) {
        return undefined;
    }
    const proxyVar = (() => {
        if (usingSsl) {
            return process.env['https_proxy'] || process.env['HTTPS_PROXY'];
        }
        else {
            return process.env['http_proxy'] || process.env['HTTP_PROXY'];
        }
    })();
    if (proxyVar) {
        try {
            return new DecodedURL(proxyVar);
        }
        catch (_a) {
            if (!proxyVar.startsWith('http://') && !proxyVar.startsWith('https://'))
                return new DecodedURL(`http://${proxyVar}`);
        }
    }
    else {
        return undefined;
    }
}
function checkBypass(reqUrl) {
    if (!reqUrl.hostname) {
        return false;
    }
    const reqHost = reqUrl.hostname;
    if (isLoopbackAddress(reqHost)) {
        return true;
    }
    const noProxy = process.env['no_proxy'] || process.env['NO_PROXY'] || '';
    if (!noProxy) {
        return false;
    }
    // Determine the request port
    let reqPort;
    if (reqUrl.port) {
        reqPort = Number(reqUrl.port);
    }
    else if (reqUrl.protocol === 'http:') {
        reqPort = 80;
    }
    else if (reqUrl.protocol === 'https:') {
        reqPort = 443;
    }
    // Format the request hostname and hostname with port
    const upperReqHosts = [reqUrl.hostname.toUpperCase()];
    if (typeof reqPort === 'number') {
        upperReqHosts.push(`${upperReqHosts[0]}:${reqPort}`);
    }
    // Compare request host against noproxy
    for (const upperNoProxyItem of noProxy
        .split(',')
        .map(x => x.trim().toUpperCase())
        .filter(x => x)) {
        if (upperNoProxyItem === '*' ||
            upperReqHosts.some(x => x === upperNoProxyItem ||
                x.endsWith(`.${upperNoProxyItem}`) ||
                (upperNoProxyItem.startsWith('.') &&
                    x.endsWith(`${upperNoProxyItem}`)))) {
            return true;
        }
    }
    return false;
}
function isLoopbackAddress(host) {
    const hostLower = host.toLowerCase();
    return (hostLower === 'localhost' ||
        hostLower.startsWith('127.') ||
        hostLower.startsWith('[::1]') ||
        hostLower.startsWith('[0:0:0:0:0:0:0:1]'));
}
class DecodedURL extends URL {
    constructor(url, base) {
        super(url, base);
        this._decodedUsername = decodeURIComponent(super.username);
        this._decodedPassword = decodeURIComponent(super.password);
    }
    get username() {
        return this._decodedUsername;
    }
    get password() {
        return this._decodedPassword;
    }
}
//# sourceMappingURL=proxy.js.map
// EXTERNAL MODULE: ./stubs/tunnel.cjs
var tunnel = __nccwpck_require__(949);
// EXTERNAL MODULE: ./stubs/undici.cjs
var undici = __nccwpck_require__(479);
;// CONCATENATED MODULE: ./node_modules/@actions/http-client/lib/index.js
/* eslint-disable @typescript-eslint/no-explicit-any */
var __awaiter = (undefined && undefined.__awaiter) || function (thisArg, _arguments, P, generator) {
    function adopt(value) { return value instanceof P ? value : new P(function (resolve) { resolve(value); }); }
    return new (P || (P = Promise))(function (resolve, reject) {
        function fulfilled(value) { try { step(generator.next(value)); } catch (e) { reject(e); } }
        function rejected(value) { try { step(generator["throw"](value)); } catch (e) { reject(e); } }
        function step(result) { result.done ? resolve(result.value) : adopt(result.value).then(fulfilled, rejected); }
        step((generator = generator.apply(thisArg, _arguments || [])).next());
    });
};





var HttpCodes;
(function (HttpCodes) {
    HttpCodes[HttpCodes["OK"] = 200] = "OK";
    HttpCodes[HttpCodes["MultipleChoices"] = 300] = "MultipleChoices";
    HttpCodes[HttpCodes["MovedPermanently"] = 301] = "MovedPermanently";
    HttpCodes[HttpCodes["ResourceMoved"] = 302] = "ResourceMoved";
    HttpCodes[HttpCodes["SeeOther"] = 303] = "SeeOther";
    HttpCodes[HttpCodes["NotModified"] = 304] = "NotModified";
    HttpCodes[HttpCodes["UseProxy"] = 305] = "UseProxy";
    HttpCodes[HttpCodes["SwitchProxy"] = 306] = "SwitchProxy";
    HttpCodes[HttpCodes["TemporaryRedirect"] = 307] = "TemporaryRedirect";
    HttpCodes[HttpCodes["PermanentRedirect"] = 308] = "PermanentRedirect";
    HttpCodes[HttpCodes["BadRequest"] = 400] = "BadRequest";
    HttpCodes[HttpCodes["Unauthorized"] = 401] = "Unauthorized";
    HttpCodes[HttpCodes["PaymentRequired"] = 402] = "PaymentRequired";
    HttpCodes[HttpCodes["Forbidden"] = 403] = "Forbidden";
    HttpCodes[HttpCodes["NotFound"] = 404] = "NotFound";
    HttpCodes[HttpCodes["MethodNotAllowed"] = 405] = "MethodNotAllowed";
    HttpCodes[HttpCodes["NotAcceptable"] = 406] = "NotAcceptable";
    HttpCodes[HttpCodes["ProxyAuthenticationRequired"] = 407] = "ProxyAuthenticationRequired";
    HttpCodes[HttpCodes["RequestTimeout"] = 408] = "RequestTimeout";
    HttpCodes[HttpCodes["Conflict"] = 409] = "Conflict";
    HttpCodes[HttpCodes["Gone"] = 410] = "Gone";
    HttpCodes[HttpCodes["TooManyRequests"] = 429] = "TooManyRequests";
    HttpCodes[HttpCodes["InternalServerError"] = 500] = "InternalServerError";
    HttpCodes[HttpCodes["NotImplemented"] = 501] = "NotImplemented";
    HttpCodes[HttpCodes["BadGateway"] = 502] = "BadGateway";
    HttpCodes[HttpCodes["ServiceUnavailable"] = 503] = "ServiceUnavailable";
    HttpCodes[HttpCodes["GatewayTimeout"] = 504] = "GatewayTimeout";
})(HttpCodes || (HttpCodes = {}));
var Headers;
(function (Headers) {
    Headers["Accept"] = "accept";
    Headers["ContentType"] = "content-type";
})(Headers || (Headers = {}));
var MediaTypes;
(function (MediaTypes) {
    MediaTypes["ApplicationJson"] = "application/json";
})(MediaTypes || (MediaTypes = {}));
/**
 * Returns the proxy URL, depending upon the supplied url and proxy environment variables.
 * @param serverUrl  The server URL where the request will be sent. For example, https://api.github.com
 */
function lib_getProxyUrl(serverUrl) {
    const proxyUrl = getProxyUrl(new URL(serverUrl));
    return proxyUrl ? proxyUrl.href : '';
}
const HttpRedirectCodes = [
    HttpCodes.MovedPermanently,
    HttpCodes.ResourceMoved,
    HttpCodes.SeeOther,
    HttpCodes.TemporaryRedirect,
    HttpCodes.PermanentRedirect
];
const HttpResponseRetryCodes = [
    HttpCodes.BadGateway,
    HttpCodes.ServiceUnavailable,
    HttpCodes.GatewayTimeout
];
const RetryableHttpVerbs = ['OPTIONS', 'GET', 'DELETE', 'HEAD'];
const ExponentialBackoffCeiling = 10;
const ExponentialBackoffTimeSlice = 5;
class HttpClientError extends Error {
    constructor(message, statusCode) {
        super(message);
        this.name = 'HttpClientError';
        this.statusCode = statusCode;
        Object.setPrototypeOf(this, HttpClientError.prototype);
    }
}
class HttpClientResponse {
    constructor(message) {
        this.message = message;
    }
    readBody() {
        return __awaiter(this, void 0, void 0, function* () {
            return new Promise((resolve) => __awaiter(this, void 0, void 0, function* () {
                let output = Buffer.alloc(0);
                this.message.on('data', (chunk) => {
                    output = Buffer.concat([output, chunk]);
                });
                this.message.on('end', () => {
                    resolve(output.toString());
                });
            }));
        });
    }
    readBodyBuffer() {
        return __awaiter(this, void 0, void 0, function* () {
            return new Promise((resolve) => __awaiter(this, void 0, void 0, function* () {
                const chunks = [];
                this.message.on('data', (chunk) => {
                    chunks.push(chunk);
                });
                this.message.on('end', () => {
                    resolve(Buffer.concat(chunks));
                });
            }));
        });
    }
}
function isHttps(requestUrl) {
    const parsedUrl = new URL(requestUrl);
    return parsedUrl.protocol === 'https:';
}
class lib_HttpClient {
    constructor(userAgent, handlers, requestOptions) {
        this._ignoreSslError = false;
        this._allowRedirects = true;
        this._allowRedirectDowngrade = false;
        this._maxRedirects = 50;
        this._allowRetries = false;
        this._maxRetries = 1;
        this._keepAlive = false;
        this._disposed = false;
        this.userAgent = this._getUserAgentWithOrchestrationId(userAgent);
        this.handlers = handlers || [];
        this.requestOptions = requestOptions;
        if (requestOptions) {
            if (requestOptions.ignoreSslError != null) {
                this._ignoreSslError = requestOptions.ignoreSslError;
            }
            this._socketTimeout = requestOptions.socketTimeout;
            if (requestOptions.allowRedirects != null) {
                this._allowRedirects = requestOptions.allowRedirects;
            }
            if (requestOptions.allowRedirectDowngrade != null) {
                this._allowRedirectDowngrade = requestOptions.allowRedirectDowngrade;
            }
            if (requestOptions.maxRedirects != null) {
                this._maxRedirects = Math.max(requestOptions.maxRedirects, 0);
            }
            if (requestOptions.keepAlive != null) {
                this._keepAlive = requestOptions.keepAlive;
            }
            if (requestOptions.allowRetries != null) {
                this._allowRetries = requestOptions.allowRetries;
            }
            if (requestOptions.maxRetries != null) {
                this._maxRetries = requestOptions.maxRetries;
            }
        }
    }
    options(requestUrl, additionalHeaders) {
        return __awaiter(this, void 0, void 0, function* () {
            return this.request('OPTIONS', requestUrl, null, additionalHeaders || {});
        });
    }
    get(requestUrl, additionalHeaders) {
        return __awaiter(this, void 0, void 0, function* () {
            return this.request('GET', requestUrl, null, additionalHeaders || {});
        });
    }
    del(requestUrl, additionalHeaders) {
        return __awaiter(this, void 0, void 0, function* () {
            return this.request('DELETE', requestUrl, null, additionalHeaders || {});
        });
    }
    post(requestUrl, data, additionalHeaders) {
        return __awaiter(this, void 0, void 0, function* () {
            return this.request('POST', requestUrl, data, additionalHeaders || {});
        });
    }
    patch(requestUrl, data, additionalHeaders) {
        return __awaiter(this, void 0, void 0, function* () {
            return this.request('PATCH', requestUrl, data, additionalHeaders || {});
        });
    }
    put(requestUrl, data, additionalHeaders) {
        return __awaiter(this, void 0, void 0, function* () {
            return this.request('PUT', requestUrl, data, additionalHeaders || {});
        });
    }
    head(requestUrl, additionalHeaders) {
        return __awaiter(this, void 0, void 0, function* () {
            return this.request('HEAD', requestUrl, null, additionalHeaders || {});
        });
    }
    sendStream(verb, requestUrl, stream, additionalHeaders) {
        return __awaiter(this, void 0, void 0, function* () {
            return this.request(verb, requestUrl, stream, additionalHeaders);
        });
    }
    /**
     * Gets a typed object from an endpoint
     * Be aware that not found returns a null.  Other errors (4xx, 5xx) reject the promise
     */
    getJson(requestUrl_1) {
        return __awaiter(this, arguments, void 0, function* (requestUrl, additionalHeaders = {}) {
            additionalHeaders[Headers.Accept] = this._getExistingOrDefaultHeader(additionalHeaders, Headers.Accept, MediaTypes.ApplicationJson);
            const res = yield this.get(requestUrl, additionalHeaders);
            return this._processResponse(res, this.requestOptions);
        });
    }
    postJson(requestUrl_1, obj_1) {
        return __awaiter(this, arguments, void 0, function* (requestUrl, obj, additionalHeaders = {}) {
            const data = JSON.stringify(obj, null, 2);
            additionalHeaders[Headers.Accept] = this._getExistingOrDefaultHeader(additionalHeaders, Headers.Accept, MediaTypes.ApplicationJson);
            additionalHeaders[Headers.ContentType] =
                this._getExistingOrDefaultContentTypeHeader(additionalHeaders, MediaTypes.ApplicationJson);
            const res = yield this.post(requestUrl, data, additionalHeaders);
            return this._processResponse(res, this.requestOptions);
        });
    }
    putJson(requestUrl_1, obj_1) {
        return __awaiter(this, arguments, void 0, function* (requestUrl, obj, additionalHeaders = {}) {
            const data = JSON.stringify(obj, null, 2);
            additionalHeaders[Headers.Accept] = this._getExistingOrDefaultHeader(additionalHeaders, Headers.Accept, MediaTypes.ApplicationJson);
            additionalHeaders[Headers.ContentType] =
                this._getExistingOrDefaultContentTypeHeader(additionalHeaders, MediaTypes.ApplicationJson);
            const res = yield this.put(requestUrl, data, additionalHeaders);
            return this._processResponse(res, this.requestOptions);
        });
    }
    patchJson(requestUrl_1, obj_1) {
        return __awaiter(this, arguments, void 0, function* (requestUrl, obj, additionalHeaders = {}) {
            const data = JSON.stringify(obj, null, 2);
            additionalHeaders[Headers.Accept] = this._getExistingOrDefaultHeader(additionalHeaders, Headers.Accept, MediaTypes.ApplicationJson);
            additionalHeaders[Headers.ContentType] =
                this._getExistingOrDefaultContentTypeHeader(additionalHeaders, MediaTypes.ApplicationJson);
            const res = yield this.patch(requestUrl, data, additionalHeaders);
            return this._processResponse(res, this.requestOptions);
        });
    }
    /**
     * Makes a raw http request.
     * All other methods such as get, post, patch, and request ultimately call this.
     * Prefer get, del, post and patch
     */
    request(verb, requestUrl, data, headers) {
        return __awaiter(this, void 0, void 0, function* () {
            if (this._disposed) {
                throw new Error('Client has already been disposed.');
            }
            const parsedUrl = new URL(requestUrl);
            let info = this._prepareRequest(verb, parsedUrl, headers);
            // Only perform retries on reads since writes may not be idempotent.
            const maxTries = this._allowRetries && RetryableHttpVerbs.includes(verb)
                ? this._maxRetries + 1
                : 1;
            let numTries = 0;
            let response;
            do {
                response = yield this.requestRaw(info, data);
                // Check if it's an authentication challenge
                if (response &&
                    response.message &&
                    response.message.statusCode === HttpCodes.Unauthorized) {
                    let authenticationHandler;
                    for (const handler of this.handlers) {
                        if (handler.canHandleAuthentication(response)) {
                            authenticationHandler = handler;
                            break;
                        }
                    }
                    if (authenticationHandler) {
                        return authenticationHandler.handleAuthentication(this, info, data);
                    }
                    else {
                        // We have received an unauthorized response but have no handlers to handle it.
                        // Let the response return to the caller.
                        return response;
                    }
                }
                let redirectsRemaining = this._maxRedirects;
                while (response.message.statusCode &&
                    HttpRedirectCodes.includes(response.message.statusCode) &&
                    this._allowRedirects &&
                    redirectsRemaining > 0) {
                    const redirectUrl = response.message.headers['location'];
                    if (!redirectUrl) {
                        // if there's no location to redirect to, we won't
                        break;
                    }
                    const parsedRedirectUrl = new URL(redirectUrl);
                    if (parsedUrl.protocol === 'https:' &&
                        parsedUrl.protocol !== parsedRedirectUrl.protocol &&
                        !this._allowRedirectDowngrade) {
                        throw new Error('Redirect from HTTPS to HTTP protocol. This downgrade is not allowed for security reasons. If you want to allow this behavior, set the allowRedirectDowngrade option to true.');
                    }
                    // we need to finish reading the response before reassigning response
                    // which will leak the open socket.
                    yield response.readBody();
                    // strip authorization header if redirected to a different hostname
                    if (parsedRedirectUrl.hostname !== parsedUrl.hostname) {
                        for (const header in headers) {
                            // header names are case insensitive
                            if (header.toLowerCase() === 'authorization') {
                                delete headers[header];
                            }
                        }
                    }
                    // let's make the request with the new redirectUrl
                    info = this._prepareRequest(verb, parsedRedirectUrl, headers);
                    response = yield this.requestRaw(info, data);
                    redirectsRemaining--;
                }
                if (!response.message.statusCode ||
                    !HttpResponseRetryCodes.includes(response.message.statusCode)) {
                    // If not a retry code, return immediately instead of retrying
                    return response;
                }
                numTries += 1;
                if (numTries < maxTries) {
                    yield response.readBody();
                    yield this._performExponentialBackoff(numTries);
                }
            } while (numTries < maxTries);
            return response;
        });
    }
    /**
     * Needs to be called if keepAlive is set to true in request options.
     */
    dispose() {
        if (this._agent) {
            this._agent.destroy();
        }
        this._disposed = true;
    }
    /**
     * Raw request.
     * @param info
     * @param data
     */
    requestRaw(info, data) {
        return __awaiter(this, void 0, void 0, function* () {
            return new Promise((resolve, reject) => {
                function callbackForResult(err, res) {
                    if (err) {
                        reject(err);
                    }
                    else if (!res) {
                        // If `err` is not passed, then `res` must be passed.
                        reject(new Error('Unknown error'));
                    }
                    else {
                        resolve(res);
                    }
                }
                this.requestRawWithCallback(info, data, callbackForResult);
            });
        });
    }
    /**
     * Raw request with callback.
     * @param info
     * @param data
     * @param onResult
     */
    requestRawWithCallback(info, data, onResult) {
        if (typeof data === 'string') {
            if (!info.options.headers) {
                info.options.headers = {};
            }
            info.options.headers['Content-Length'] = Buffer.byteLength(data, 'utf8');
        }
        let callbackCalled = false;
        function handleResult(err, res) {
            if (!callbackCalled) {
                callbackCalled = true;
                onResult(err, res);
            }
        }
        const req = info.httpModule.request(info.options, (msg) => {
            const res = new HttpClientResponse(msg);
            handleResult(undefined, res);
        });
        let socket;
        req.on('socket', sock => {
            socket = sock;
        });
        // If we ever get disconnected, we want the socket to timeout eventually
        req.setTimeout(this._socketTimeout || 3 * 60000, () => {
            if (socket) {
                socket.end();
            }
            handleResult(new Error(`Request timeout: ${info.options.path}`));
        });
        req.on('error', function (err) {
            // err has statusCode property
            // res should have headers
            handleResult(err);
        });
        if (data && typeof data === 'string') {
            req.write(data, 'utf8');
        }
        if (data && typeof data !== 'string') {
            data.on('close', function () {
                req.end();
            });
            data.pipe(req);
        }
        else {
            req.end();
        }
    }
    /**
     * Gets an http agent. This function is useful when you need an http agent that handles
     * routing through a proxy server - depending upon the url and proxy environment variables.
     * @param serverUrl  The server URL where the request will be sent. For example, https://api.github.com
     */
    getAgent(serverUrl) {
        const parsedUrl = new URL(serverUrl);
        return this._getAgent(parsedUrl);
    }
    getAgentDispatcher(serverUrl) {
        const parsedUrl = new URL(serverUrl);
        const proxyUrl = getProxyUrl(parsedUrl);
        const useProxy = proxyUrl && proxyUrl.hostname;
        if (!useProxy) {
            return;
        }
        return this._getProxyAgentDispatcher(parsedUrl, proxyUrl);
    }
    _prepareRequest(method, requestUrl, headers) {
        const info = {};
        info.parsedUrl = requestUrl;
        const usingSsl = info.parsedUrl.protocol === 'https:';
        info.httpModule = usingSsl ? external_https_namespaceObject : external_http_namespaceObject;
        const defaultPort = usingSsl ? 443 : 80;
        info.options = {};
        info.options.host = info.parsedUrl.hostname;
        info.options.port = info.parsedUrl.port
            ? parseInt(info.parsedUrl.port)
            : defaultPort;
        info.options.path =
            (info.parsedUrl.pathname || '') + (info.parsedUrl.search || '');
        info.options.method = method;
        info.options.headers = this._mergeHeaders(headers);
        if (this.userAgent != null) {
            info.options.headers['user-agent'] = this.userAgent;
        }
        info.options.agent = this._getAgent(info.parsedUrl);
        // gives handlers an opportunity to participate
        if (this.handlers) {
            for (const handler of this.handlers) {
                handler.prepareRequest(info.options);
            }
        }
        return info;
    }
    _mergeHeaders(headers) {
        if (this.requestOptions && this.requestOptions.headers) {
            return Object.assign({}, lowercaseKeys(this.requestOptions.headers), lowercaseKeys(headers || {}));
        }
        return lowercaseKeys(headers || {});
    }
    /**
     * Gets an existing header value or returns a default.
     * Handles converting number header values to strings since HTTP headers must be strings.
     * Note: This returns string | string[] since some headers can have multiple values.
     * For headers that must always be a single string (like Content-Type), use the
     * specialized _getExistingOrDefaultContentTypeHeader method instead.
     */
    _getExistingOrDefaultHeader(additionalHeaders, header, _default) {
        let clientHeader;
        if (this.requestOptions && this.requestOptions.headers) {
            const headerValue = lowercaseKeys(this.requestOptions.headers)[header];
            if (headerValue) {
                clientHeader =
                    typeof headerValue === 'number' ? headerValue.toString() : headerValue;
            }
        }
        const additionalValue = additionalHeaders[header];
        if (additionalValue !== undefined) {
            return typeof additionalValue === 'number'
                ? additionalValue.toString()
                : additionalValue;
        }
        if (clientHeader !== undefined) {
            return clientHeader;
        }
        return _default;
    }
    /**
     * Specialized version of _getExistingOrDefaultHeader for Content-Type header.
     * Always returns a single string (not an array) since Content-Type should be a single value.
     * Converts arrays to comma-separated strings and numbers to strings to ensure type safety.
     * This was split from _getExistingOrDefaultHeader to provide stricter typing for callers
     * that assign the result to places expecting a string (e.g., additionalHeaders[Headers.ContentType]).
     */
    _getExistingOrDefaultContentTypeHeader(additionalHeaders, _default) {
        let clientHeader;
        if (this.requestOptions && this.requestOptions.headers) {
            const headerValue = lowercaseKeys(this.requestOptions.headers)[Headers.ContentType];
            if (headerValue) {
                if (typeof headerValue === 'number') {
                    clientHeader = String(headerValue);
                }
                else if (Array.isArray(headerValue)) {
                    clientHeader = headerValue.join(', ');
                }
                else {
                    clientHeader = headerValue;
                }
            }
        }
        const additionalValue = additionalHeaders[Headers.ContentType];
        // Return the first non-undefined value, converting numbers or arrays to strings if necessary
        if (additionalValue !== undefined) {
            if (typeof additionalValue === 'number') {
                return String(additionalValue);
            }
            else if (Array.isArray(additionalValue)) {
                return additionalValue.join(', ');
            }
            else {
                return additionalValue;
            }
        }
        if (clientHeader !== undefined) {
            return clientHeader;
        }
        return _default;
    }
    _getAgent(parsedUrl) {
        let agent;
        const proxyUrl = getProxyUrl(parsedUrl);
        const useProxy = proxyUrl && proxyUrl.hostname;
        if (this._keepAlive && useProxy) {
            agent = this._proxyAgent;
        }
        if (!useProxy) {
            agent = this._agent;
        }
        // if agent is already assigned use that agent.
        if (agent) {
            return agent;
        }
        const usingSsl = parsedUrl.protocol === 'https:';
        let maxSockets = 100;
        if (this.requestOptions) {
            maxSockets = this.requestOptions.maxSockets || external_http_.globalAgent.maxSockets;
        }
        // This is `useProxy` again, but we need to check `proxyURl` directly for TypeScripts's flow analysis.
        if (proxyUrl && proxyUrl.hostname) {
            const agentOptions = {
                maxSockets,
                keepAlive: this._keepAlive,
                proxy: Object.assign(Object.assign({}, ((proxyUrl.username || proxyUrl.password) && {
                    proxyAuth: `${proxyUrl.username}:${proxyUrl.password}`
                })), { host: proxyUrl.hostname, port: proxyUrl.port })
            };
            let tunnelAgent;
            const overHttps = proxyUrl.protocol === 'https:';
            if (usingSsl) {
                tunnelAgent = overHttps ? tunnel.httpsOverHttps : tunnel.httpsOverHttp;
            }
            else {
                tunnelAgent = overHttps ? tunnel.httpOverHttps : tunnel.httpOverHttp;
            }
            agent = tunnelAgent(agentOptions);
            this._proxyAgent = agent;
        }
        // if tunneling agent isn't assigned create a new agent
        if (!agent) {
            const options = { keepAlive: this._keepAlive, maxSockets };
            agent = usingSsl ? new external_https_.Agent(options) : new external_http_.Agent(options);
            this._agent = agent;
        }
        if (usingSsl && this._ignoreSslError) {
            // we don't want to set NODE_TLS_REJECT_UNAUTHORIZED=0 since that will affect request for entire process
            // http.RequestOptions doesn't expose a way to modify RequestOptions.agent.options
            // we have to cast it to any and change it directly
            agent.options = Object.assign(agent.options || {}, {
                rejectUnauthorized: false
            });
        }
        return agent;
    }
    _getProxyAgentDispatcher(parsedUrl, proxyUrl) {
        let proxyAgent;
        if (this._keepAlive) {
            proxyAgent = this._proxyAgentDispatcher;
        }
        // if agent is already assigned use that agent.
        if (proxyAgent) {
            return proxyAgent;
        }
        const usingSsl = parsedUrl.protocol === 'https:';
        proxyAgent = new undici/* ProxyAgent */.k(Object.assign({ uri: proxyUrl.href, pipelining: !this._keepAlive ? 0 : 1 }, ((proxyUrl.username || proxyUrl.password) && {
            token: `Basic ${Buffer.from(`${proxyUrl.username}:${proxyUrl.password}`).toString('base64')}`
        })));
        this._proxyAgentDispatcher = proxyAgent;
        if (usingSsl && this._ignoreSslError) {
            // we don't want to set NODE_TLS_REJECT_UNAUTHORIZED=0 since that will affect request for entire process
            // http.RequestOptions doesn't expose a way to modify RequestOptions.agent.options
            // we have to cast it to any and change it directly
            proxyAgent.options = Object.assign(proxyAgent.options.requestTls || {}, {
                rejectUnauthorized: false
            });
        }
        return proxyAgent;
    }
    _getUserAgentWithOrchestrationId(userAgent) {
        const baseUserAgent = userAgent || 'actions/http-client';
        const orchId = process.env['ACTIONS_ORCHESTRATION_ID'];
        if (orchId) {
            // Sanitize the orchestration ID to ensure it contains only valid characters
            // Valid characters: 0-9, a-z, _, -, .
            const sanitizedId = orchId.replace(/[^a-z0-9_.-]/gi, '_');
            return `${baseUserAgent} actions_orchestration_id/${sanitizedId}`;
        }
        return baseUserAgent;
    }
    _performExponentialBackoff(retryNumber) {
        return __awaiter(this, void 0, void 0, function* () {
            retryNumber = Math.min(ExponentialBackoffCeiling, retryNumber);
            const ms = ExponentialBackoffTimeSlice * Math.pow(2, retryNumber);
            return new Promise(resolve => setTimeout(() => resolve(), ms));
        });
    }
    _processResponse(res, options) {
        return __awaiter(this, void 0, void 0, function* () {
            return new Promise((resolve, reject) => __awaiter(this, void 0, void 0, function* () {
                const statusCode = res.message.statusCode || 0;
                const response = {
                    statusCode,
                    result: null,
                    headers: {}
                };
                // not found leads to null obj returned
                if (statusCode === HttpCodes.NotFound) {
                    resolve(response);
                }
                // get the result from the body
                function dateTimeDeserializer(key, value) {
                    if (typeof value === 'string') {
                        const a = new Date(value);
                        if (!isNaN(a.valueOf())) {
                            return a;
                        }
                    }
                    return value;
                }
                let obj;
                let contents;
                try {
                    contents = yield res.readBody();
                    if (contents && contents.length > 0) {
                        if (options && options.deserializeDates) {
                            obj = JSON.parse(contents, dateTimeDeserializer);
                        }
                        else {
                            obj = JSON.parse(contents);
                        }
                        response.result = obj;
                    }
                    response.headers = res.message.headers;
                }
                catch (err) {
                    // Invalid resource (contents not json);  leaving result obj null
                }
                // note that 3xx redirects are handled by the http layer.
                if (statusCode > 299) {
                    let msg;
                    // if exception/error in body, attempt to get better error
                    if (obj && obj.message) {
                        msg = obj.message;
                    }
                    else if (contents && contents.length > 0) {
                        // it may be the case that the exception is in the body message as string
                        msg = contents;
                    }
                    else {
                        msg = `Failed request: (${statusCode})`;
                    }
                    const err = new HttpClientError(msg, statusCode);
                    err.result = response.result;
                    reject(err);
                }
                else {
                    resolve(response);
                }
            }));
        });
    }
}
const lowercaseKeys = (obj) => Object.keys(obj).reduce((c, k) => ((c[k.toLowerCase()] = obj[k]), c), {});
//# sourceMappingURL=index.js.map
;// CONCATENATED MODULE: ./node_modules/@actions/http-client/lib/auth.js
var auth_awaiter = (undefined && undefined.__awaiter) || function (thisArg, _arguments, P, generator) {
    function adopt(value) { return value instanceof P ? value : new P(function (resolve) { resolve(value); }); }
    return new (P || (P = Promise))(function (resolve, reject) {
        function fulfilled(value) { try { step(generator.next(value)); } catch (e) { reject(e); } }
        function rejected(value) { try { step(generator["throw"](value)); } catch (e) { reject(e); } }
        function step(result) { result.done ? resolve(result.value) : adopt(result.value).then(fulfilled, rejected); }
        step((generator = generator.apply(thisArg, _arguments || [])).next());
    });
};
class BasicCredentialHandler {
    constructor(username, password) {
        this.username = username;
        this.password = password;
    }
    prepareRequest(options) {
        if (!options.headers) {
            throw Error('The request has no headers');
        }
        options.headers['Authorization'] = `Basic ${Buffer.from(`${this.username}:${this.password}`).toString('base64')}`;
    }
    // This handler cannot handle 401
    canHandleAuthentication() {
        return false;
    }
    handleAuthentication() {
        return auth_awaiter(this, void 0, void 0, function* () {
            throw new Error('not implemented');
        });
    }
}
class auth_BearerCredentialHandler {
    constructor(token) {
        this.token = token;
    }
    // currently implements pre-authorization
    // TODO: support preAuth = false where it hooks on 401
    prepareRequest(options) {
        if (!options.headers) {
            throw Error('The request has no headers');
        }
        options.headers['Authorization'] = `Bearer ${this.token}`;
    }
    // This handler cannot handle 401
    canHandleAuthentication() {
        return false;
    }
    handleAuthentication() {
        return auth_awaiter(this, void 0, void 0, function* () {
            throw new Error('not implemented');
        });
    }
}
class PersonalAccessTokenCredentialHandler {
    constructor(token) {
        this.token = token;
    }
    // currently implements pre-authorization
    // TODO: support preAuth = false where it hooks on 401
    prepareRequest(options) {
        if (!options.headers) {
            throw Error('The request has no headers');
        }
        options.headers['Authorization'] = `Basic ${Buffer.from(`PAT:${this.token}`).toString('base64')}`;
    }
    // This handler cannot handle 401
    canHandleAuthentication() {
        return false;
    }
    handleAuthentication() {
        return auth_awaiter(this, void 0, void 0, function* () {
            throw new Error('not implemented');
        });
    }
}
//# sourceMappingURL=auth.js.map
;// CONCATENATED MODULE: ./node_modules/@actions/core/lib/oidc-utils.js
var oidc_utils_awaiter = (undefined && undefined.__awaiter) || function (thisArg, _arguments, P, generator) {
    function adopt(value) { return value instanceof P ? value : new P(function (resolve) { resolve(value); }); }
    return new (P || (P = Promise))(function (resolve, reject) {
        function fulfilled(value) { try { step(generator.next(value)); } catch (e) { reject(e); } }
        function rejected(value) { try { step(generator["throw"](value)); } catch (e) { reject(e); } }
        function step(result) { result.done ? resolve(result.value) : adopt(result.value).then(fulfilled, rejected); }
        step((generator = generator.apply(thisArg, _arguments || [])).next());
    });
};



class oidc_utils_OidcClient {
    static createHttpClient(allowRetry = true, maxRetry = 10) {
        const requestOptions = {
            allowRetries: allowRetry,
            maxRetries: maxRetry
        };
        return new HttpClient('actions/oidc-client', [new BearerCredentialHandler(oidc_utils_OidcClient.getRequestToken())], requestOptions);
    }
    static getRequestToken() {
        const token = process.env['ACTIONS_ID_TOKEN_REQUEST_TOKEN'];
        if (!token) {
            throw new Error('Unable to get ACTIONS_ID_TOKEN_REQUEST_TOKEN env variable');
        }
        return token;
    }
    static getIDTokenUrl() {
        const runtimeUrl = process.env['ACTIONS_ID_TOKEN_REQUEST_URL'];
        if (!runtimeUrl) {
            throw new Error('Unable to get ACTIONS_ID_TOKEN_REQUEST_URL env variable');
        }
        return runtimeUrl;
    }
    static getCall(id_token_url) {
        return oidc_utils_awaiter(this, void 0, void 0, function* () {
            var _a;
            const httpclient = oidc_utils_OidcClient.createHttpClient();
            const res = yield httpclient
                .getJson(id_token_url)
                .catch(error => {
                throw new Error(`Failed to get ID Token. \n 
        Error Code : ${error.statusCode}\n 
        Error Message: ${error.message}`);
            });
            const id_token = (_a = res.result) === null || _a === void 0 ? void 0 : _a.value;
            if (!id_token) {
                throw new Error('Response json body do not have ID Token field');
            }
            return id_token;
        });
    }
    static getIDToken(audience) {
        return oidc_utils_awaiter(this, void 0, void 0, function* () {
            try {
                // New ID Token is requested from action service
                let id_token_url = oidc_utils_OidcClient.getIDTokenUrl();
                if (audience) {
                    const encodedAudience = encodeURIComponent(audience);
                    id_token_url = `${id_token_url}&audience=${encodedAudience}`;
                }
                debug(`ID token url is ${id_token_url}`);
                const id_token = yield oidc_utils_OidcClient.getCall(id_token_url);
                setSecret(id_token);
                return id_token;
            }
            catch (error) {
                throw new Error(`Error message: ${error.message}`);
            }
        });
    }
}
//# sourceMappingURL=oidc-utils.js.map
;// CONCATENATED MODULE: ./node_modules/@actions/core/lib/summary.js
var summary_awaiter = (undefined && undefined.__awaiter) || function (thisArg, _arguments, P, generator) {
    function adopt(value) { return value instanceof P ? value : new P(function (resolve) { resolve(value); }); }
    return new (P || (P = Promise))(function (resolve, reject) {
        function fulfilled(value) { try { step(generator.next(value)); } catch (e) { reject(e); } }
        function rejected(value) { try { step(generator["throw"](value)); } catch (e) { reject(e); } }
        function step(result) { result.done ? resolve(result.value) : adopt(result.value).then(fulfilled, rejected); }
        step((generator = generator.apply(thisArg, _arguments || [])).next());
    });
};


const { access, appendFile, writeFile } = external_fs_namespaceObject.promises;
const SUMMARY_ENV_VAR = 'GITHUB_STEP_SUMMARY';
const SUMMARY_DOCS_URL = 'https://docs.github.com/actions/using-workflows/workflow-commands-for-github-actions#adding-a-job-summary';
class Summary {
    constructor() {
        this._buffer = '';
    }
    /**
     * Finds the summary file path from the environment, rejects if env var is not found or file does not exist
     * Also checks r/w permissions.
     *
     * @returns step summary file path
     */
    filePath() {
        return summary_awaiter(this, void 0, void 0, function* () {
            if (this._filePath) {
                return this._filePath;
            }
            const pathFromEnv = process.env[SUMMARY_ENV_VAR];
            if (!pathFromEnv) {
                throw new Error(`Unable to find environment variable for $${SUMMARY_ENV_VAR}. Check if your runtime environment supports job summaries.`);
            }
            try {
                yield access(pathFromEnv, external_fs_namespaceObject.constants.R_OK | external_fs_namespaceObject.constants.W_OK);
            }
            catch (_a) {
                throw new Error(`Unable to access summary file: '${pathFromEnv}'. Check if the file has correct read/write permissions.`);
            }
            this._filePath = pathFromEnv;
            return this._filePath;
        });
    }
    /**
     * Wraps content in an HTML tag, adding any HTML attributes
     *
     * @param {string} tag HTML tag to wrap
     * @param {string | null} content content within the tag
     * @param {[attribute: string]: string} attrs key-value list of HTML attributes to add
     *
     * @returns {string} content wrapped in HTML element
     */
    wrap(tag, content, attrs = {}) {
        const htmlAttrs = Object.entries(attrs)
            .map(([key, value]) => ` ${key}="${value}"`)
            .join('');
        if (!content) {
            return `<${tag}${htmlAttrs}>`;
        }
        return `<${tag}${htmlAttrs}>${content}</${tag}>`;
    }
    /**
     * Writes text in the buffer to the summary buffer file and empties buffer. Will append by default.
     *
     * @param {SummaryWriteOptions} [options] (optional) options for write operation
     *
     * @returns {Promise<Summary>} summary instance
     */
    write(options) {
        return summary_awaiter(this, void 0, void 0, function* () {
            const overwrite = !!(options === null || options === void 0 ? void 0 : options.overwrite);
            const filePath = yield this.filePath();
            const writeFunc = overwrite ? writeFile : appendFile;
            yield writeFunc(filePath, this._buffer, { encoding: 'utf8' });
            return this.emptyBuffer();
        });
    }
    /**
     * Clears the summary buffer and wipes the summary file
     *
     * @returns {Summary} summary instance
     */
    clear() {
        return summary_awaiter(this, void 0, void 0, function* () {
            return this.emptyBuffer().write({ overwrite: true });
        });
    }
    /**
     * Returns the current summary buffer as a string
     *
     * @returns {string} string of summary buffer
     */
    stringify() {
        return this._buffer;
    }
    /**
     * If the summary buffer is empty
     *
     * @returns {boolen} true if the buffer is empty
     */
    isEmptyBuffer() {
        return this._buffer.length === 0;
    }
    /**
     * Resets the summary buffer without writing to summary file
     *
     * @returns {Summary} summary instance
     */
    emptyBuffer() {
        this._buffer = '';
        return this;
    }
    /**
     * Adds raw text to the summary buffer
     *
     * @param {string} text content to add
     * @param {boolean} [addEOL=false] (optional) append an EOL to the raw text (default: false)
     *
     * @returns {Summary} summary instance
     */
    addRaw(text, addEOL = false) {
        this._buffer += text;
        return addEOL ? this.addEOL() : this;
    }
    /**
     * Adds the operating system-specific end-of-line marker to the buffer
     *
     * @returns {Summary} summary instance
     */
    addEOL() {
        return this.addRaw(external_os_namespaceObject.EOL);
    }
    /**
     * Adds an HTML codeblock to the summary buffer
     *
     * @param {string} code content to render within fenced code block
     * @param {string} lang (optional) language to syntax highlight code
     *
     * @returns {Summary} summary instance
     */
    addCodeBlock(code, lang) {
        const attrs = Object.assign({}, (lang && { lang }));
        const element = this.wrap('pre', this.wrap('code', code), attrs);
        return this.addRaw(element).addEOL();
    }
    /**
     * Adds an HTML list to the summary buffer
     *
     * @param {string[]} items list of items to render
     * @param {boolean} [ordered=false] (optional) if the rendered list should be ordered or not (default: false)
     *
     * @returns {Summary} summary instance
     */
    addList(items, ordered = false) {
        const tag = ordered ? 'ol' : 'ul';
        const listItems = items.map(item => this.wrap('li', item)).join('');
        const element = this.wrap(tag, listItems);
        return this.addRaw(element).addEOL();
    }
    /**
     * Adds an HTML table to the summary buffer
     *
     * @param {SummaryTableCell[]} rows table rows
     *
     * @returns {Summary} summary instance
     */
    addTable(rows) {
        const tableBody = rows
            .map(row => {
            const cells = row
                .map(cell => {
                if (typeof cell === 'string') {
                    return this.wrap('td', cell);
                }
                const { header, data, colspan, rowspan } = cell;
                const tag = header ? 'th' : 'td';
                const attrs = Object.assign(Object.assign({}, (colspan && { colspan })), (rowspan && { rowspan }));
                return this.wrap(tag, data, attrs);
            })
                .join('');
            return this.wrap('tr', cells);
        })
            .join('');
        const element = this.wrap('table', tableBody);
        return this.addRaw(element).addEOL();
    }
    /**
     * Adds a collapsable HTML details element to the summary buffer
     *
     * @param {string} label text for the closed state
     * @param {string} content collapsable content
     *
     * @returns {Summary} summary instance
     */
    addDetails(label, content) {
        const element = this.wrap('details', this.wrap('summary', label) + content);
        return this.addRaw(element).addEOL();
    }
    /**
     * Adds an HTML image tag to the summary buffer
     *
     * @param {string} src path to the image you to embed
     * @param {string} alt text description of the image
     * @param {SummaryImageOptions} options (optional) addition image attributes
     *
     * @returns {Summary} summary instance
     */
    addImage(src, alt, options) {
        const { width, height } = options || {};
        const attrs = Object.assign(Object.assign({}, (width && { width })), (height && { height }));
        const element = this.wrap('img', null, Object.assign({ src, alt }, attrs));
        return this.addRaw(element).addEOL();
    }
    /**
     * Adds an HTML section heading element
     *
     * @param {string} text heading text
     * @param {number | string} [level=1] (optional) the heading level, default: 1
     *
     * @returns {Summary} summary instance
     */
    addHeading(text, level) {
        const tag = `h${level}`;
        const allowedTag = ['h1', 'h2', 'h3', 'h4', 'h5', 'h6'].includes(tag)
            ? tag
            : 'h1';
        const element = this.wrap(allowedTag, text);
        return this.addRaw(element).addEOL();
    }
    /**
     * Adds an HTML thematic break (<hr>) to the summary buffer
     *
     * @returns {Summary} summary instance
     */
    addSeparator() {
        const element = this.wrap('hr', null);
        return this.addRaw(element).addEOL();
    }
    /**
     * Adds an HTML line break (<br>) to the summary buffer
     *
     * @returns {Summary} summary instance
     */
    addBreak() {
        const element = this.wrap('br', null);
        return this.addRaw(element).addEOL();
    }
    /**
     * Adds an HTML blockquote to the summary buffer
     *
     * @param {string} text quote text
     * @param {string} cite (optional) citation url
     *
     * @returns {Summary} summary instance
     */
    addQuote(text, cite) {
        const attrs = Object.assign({}, (cite && { cite }));
        const element = this.wrap('blockquote', text, attrs);
        return this.addRaw(element).addEOL();
    }
    /**
     * Adds an HTML anchor tag to the summary buffer
     *
     * @param {string} text link text/content
     * @param {string} href hyperlink
     *
     * @returns {Summary} summary instance
     */
    addLink(text, href) {
        const element = this.wrap('a', text, { href });
        return this.addRaw(element).addEOL();
    }
}
const _summary = new Summary();
/**
 * @deprecated use `core.summary`
 */
const markdownSummary = (/* unused pure expression or super */ null && (_summary));
const summary = _summary;
//# sourceMappingURL=summary.js.map
;// CONCATENATED MODULE: ./node_modules/@actions/core/lib/path-utils.js

/**
 * toPosixPath converts the given path to the posix form. On Windows, \\ will be
 * replaced with /.
 *
 * @param pth. Path to transform.
 * @return string Posix path.
 */
function toPosixPath(pth) {
    return pth.replace(/[\\]/g, '/');
}
/**
 * toWin32Path converts the given path to the win32 form. On Linux, / will be
 * replaced with \\.
 *
 * @param pth. Path to transform.
 * @return string Win32 path.
 */
function toWin32Path(pth) {
    return pth.replace(/[/]/g, '\\');
}
/**
 * toPlatformPath converts the given path to a platform-specific path. It does
 * this by replacing instances of / and \ with the platform-specific path
 * separator.
 *
 * @param pth The path to platformize.
 * @return string The platform-specific path.
 */
function toPlatformPath(pth) {
    return pth.replace(/[/\\]/g, path.sep);
}
//# sourceMappingURL=path-utils.js.map
// EXTERNAL MODULE: ./stubs/actions-exec.cjs
var actions_exec = __nccwpck_require__(298);
;// CONCATENATED MODULE: ./node_modules/@actions/core/lib/platform.js
var platform_awaiter = (undefined && undefined.__awaiter) || function (thisArg, _arguments, P, generator) {
    function adopt(value) { return value instanceof P ? value : new P(function (resolve) { resolve(value); }); }
    return new (P || (P = Promise))(function (resolve, reject) {
        function fulfilled(value) { try { step(generator.next(value)); } catch (e) { reject(e); } }
        function rejected(value) { try { step(generator["throw"](value)); } catch (e) { reject(e); } }
        function step(result) { result.done ? resolve(result.value) : adopt(result.value).then(fulfilled, rejected); }
        step((generator = generator.apply(thisArg, _arguments || [])).next());
    });
};


const getWindowsInfo = () => platform_awaiter(void 0, void 0, void 0, function* () {
    const { stdout: version } = yield exec.getExecOutput('powershell -command "(Get-CimInstance -ClassName Win32_OperatingSystem).Version"', undefined, {
        silent: true
    });
    const { stdout: name } = yield exec.getExecOutput('powershell -command "(Get-CimInstance -ClassName Win32_OperatingSystem).Caption"', undefined, {
        silent: true
    });
    return {
        name: name.trim(),
        version: version.trim()
    };
});
const getMacOsInfo = () => platform_awaiter(void 0, void 0, void 0, function* () {
    var _a, _b, _c, _d;
    const { stdout } = yield exec.getExecOutput('sw_vers', undefined, {
        silent: true
    });
    const version = (_b = (_a = stdout.match(/ProductVersion:\s*(.+)/)) === null || _a === void 0 ? void 0 : _a[1]) !== null && _b !== void 0 ? _b : '';
    const name = (_d = (_c = stdout.match(/ProductName:\s*(.+)/)) === null || _c === void 0 ? void 0 : _c[1]) !== null && _d !== void 0 ? _d : '';
    return {
        name,
        version
    };
});
const getLinuxInfo = () => platform_awaiter(void 0, void 0, void 0, function* () {
    const { stdout } = yield exec.getExecOutput('lsb_release', ['-i', '-r', '-s'], {
        silent: true
    });
    const [name, version] = stdout.trim().split('\n');
    return {
        name,
        version
    };
});
const platform = external_os_namespaceObject.platform();
const arch = external_os_namespaceObject.arch();
const isWindows = platform === 'win32';
const isMacOS = platform === 'darwin';
const isLinux = platform === 'linux';
function getDetails() {
    return platform_awaiter(this, void 0, void 0, function* () {
        return Object.assign(Object.assign({}, (yield (isWindows
            ? getWindowsInfo()
            : isMacOS
                ? getMacOsInfo()
                : getLinuxInfo()))), { platform,
            arch,
            isWindows,
            isMacOS,
            isLinux });
    });
}
//# sourceMappingURL=platform.js.map
;// CONCATENATED MODULE: ./node_modules/@actions/core/lib/core.js
var core_awaiter = (undefined && undefined.__awaiter) || function (thisArg, _arguments, P, generator) {
    function adopt(value) { return value instanceof P ? value : new P(function (resolve) { resolve(value); }); }
    return new (P || (P = Promise))(function (resolve, reject) {
        function fulfilled(value) { try { step(generator.next(value)); } catch (e) { reject(e); } }
        function rejected(value) { try { step(generator["throw"](value)); } catch (e) { reject(e); } }
        function step(result) { result.done ? resolve(result.value) : adopt(result.value).then(fulfilled, rejected); }
        step((generator = generator.apply(thisArg, _arguments || [])).next());
    });
};






/**
 * The code to exit an action
 */
var ExitCode;
(function (ExitCode) {
    /**
     * A code indicating that the action was successful
     */
    ExitCode[ExitCode["Success"] = 0] = "Success";
    /**
     * A code indicating that the action was a failure
     */
    ExitCode[ExitCode["Failure"] = 1] = "Failure";
})(ExitCode || (ExitCode = {}));
//-----------------------------------------------------------------------
// Variables
//-----------------------------------------------------------------------
/**
 * Sets env variable for this action and future actions in the job
 * @param name the name of the variable to set
 * @param val the value of the variable. Non-string values will be converted to a string via JSON.stringify
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
function exportVariable(name, val) {
    const convertedVal = toCommandValue(val);
    process.env[name] = convertedVal;
    const filePath = process.env['GITHUB_ENV'] || '';
    if (filePath) {
        return file_command_issueFileCommand('ENV', prepareKeyValueMessage(name, val));
    }
    command_issueCommand('set-env', { name }, convertedVal);
}
/**
 * Registers a secret which will get masked from logs
 *
 * @param secret - Value of the secret to be masked
 * @remarks
 * This function instructs the Actions runner to mask the specified value in any
 * logs produced during the workflow run. Once registered, the secret value will
 * be replaced with asterisks (***) whenever it appears in console output, logs,
 * or error messages.
 *
 * This is useful for protecting sensitive information such as:
 * - API keys
 * - Access tokens
 * - Authentication credentials
 * - URL parameters containing signatures (SAS tokens)
 *
 * Note that masking only affects future logs; any previous appearances of the
 * secret in logs before calling this function will remain unmasked.
 *
 * @example
 * ```typescript
 * // Register an API token as a secret
 * const apiToken = "abc123xyz456";
 * setSecret(apiToken);
 *
 * // Now any logs containing this value will show *** instead
 * console.log(`Using token: ${apiToken}`); // Outputs: "Using token: ***"
 * ```
 */
function core_setSecret(secret) {
    command_issueCommand('add-mask', {}, secret);
}
/**
 * Prepends inputPath to the PATH (for this action and future actions)
 * @param inputPath
 */
function addPath(inputPath) {
    const filePath = process.env['GITHUB_PATH'] || '';
    if (filePath) {
        issueFileCommand('PATH', inputPath);
    }
    else {
        issueCommand('add-path', {}, inputPath);
    }
    process.env['PATH'] = `${inputPath}${path.delimiter}${process.env['PATH']}`;
}
/**
 * Gets the value of an input.
 * Unless trimWhitespace is set to false in InputOptions, the value is also trimmed.
 * Returns an empty string if the value is not defined.
 *
 * @param     name     name of the input to get
 * @param     options  optional. See InputOptions.
 * @returns   string
 */
function getInput(name, options) {
    const val = process.env[`INPUT_${name.replace(/ /g, '_').toUpperCase()}`] || '';
    if (options && options.required && !val) {
        throw new Error(`Input required and not supplied: ${name}`);
    }
    if (options && options.trimWhitespace === false) {
        return val;
    }
    return val.trim();
}
/**
 * Gets the values of an multiline input.  Each value is also trimmed.
 *
 * @param     name     name of the input to get
 * @param     options  optional. See InputOptions.
 * @returns   string[]
 *
 */
function getMultilineInput(name, options) {
    const inputs = getInput(name, options)
        .split('\n')
        .filter(x => x !== '');
    if (options && options.trimWhitespace === false) {
        return inputs;
    }
    return inputs.map(input => input.trim());
}
/**
 * Gets the input value of the boolean type in the YAML 1.2 "core schema" specification.
 * Support boolean input list: `true | True | TRUE | false | False | FALSE` .
 * The return value is also in boolean type.
 * ref: https://yaml.org/spec/1.2/spec.html#id2804923
 *
 * @param     name     name of the input to get
 * @param     options  optional. See InputOptions.
 * @returns   boolean
 */
function getBooleanInput(name, options) {
    const trueValue = ['true', 'True', 'TRUE'];
    const falseValue = ['false', 'False', 'FALSE'];
    const val = getInput(name, options);
    if (trueValue.includes(val))
        return true;
    if (falseValue.includes(val))
        return false;
    throw new TypeError(`Input does not meet YAML 1.2 "Core Schema" specification: ${name}\n` +
        `Support boolean input list: \`true | True | TRUE | false | False | FALSE\``);
}
/**
 * Sets the value of an output.
 *
 * @param     name     name of the output to set
 * @param     value    value to store. Non-string values will be converted to a string via JSON.stringify
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
function setOutput(name, value) {
    const filePath = process.env['GITHUB_OUTPUT'] || '';
    if (filePath) {
        return file_command_issueFileCommand('OUTPUT', prepareKeyValueMessage(name, value));
    }
    process.stdout.write(external_os_namespaceObject.EOL);
    command_issueCommand('set-output', { name }, toCommandValue(value));
}
/**
 * Enables or disables the echoing of commands into stdout for the rest of the step.
 * Echoing is disabled by default if ACTIONS_STEP_DEBUG is not set.
 *
 */
function setCommandEcho(enabled) {
    issue('echo', enabled ? 'on' : 'off');
}
//-----------------------------------------------------------------------
// Results
//-----------------------------------------------------------------------
/**
 * Sets the action status to failed.
 * When the action exits it will be with an exit code of 1
 * @param message add error issue message
 */
function setFailed(message) {
    process.exitCode = ExitCode.Failure;
    error(message);
}
//-----------------------------------------------------------------------
// Logging Commands
//-----------------------------------------------------------------------
/**
 * Gets whether Actions Step Debug is on or not
 */
function isDebug() {
    return process.env['RUNNER_DEBUG'] === '1';
}
/**
 * Writes debug message to user log
 * @param message debug message
 */
function core_debug(message) {
    command_issueCommand('debug', {}, message);
}
/**
 * Adds an error issue
 * @param message error issue message. Errors will be converted to string via toString()
 * @param properties optional properties to add to the annotation.
 */
function error(message, properties = {}) {
    command_issueCommand('error', utils_toCommandProperties(properties), message instanceof Error ? message.toString() : message);
}
/**
 * Adds a warning issue
 * @param message warning issue message. Errors will be converted to string via toString()
 * @param properties optional properties to add to the annotation.
 */
function warning(message, properties = {}) {
    command_issueCommand('warning', utils_toCommandProperties(properties), message instanceof Error ? message.toString() : message);
}
/**
 * Adds a notice issue
 * @param message notice issue message. Errors will be converted to string via toString()
 * @param properties optional properties to add to the annotation.
 */
function notice(message, properties = {}) {
    issueCommand('notice', toCommandProperties(properties), message instanceof Error ? message.toString() : message);
}
/**
 * Writes info to log with console.log.
 * @param message info message
 */
function info(message) {
    process.stdout.write(message + external_os_namespaceObject.EOL);
}
/**
 * Begin an output group.
 *
 * Output until the next `groupEnd` will be foldable in this group
 *
 * @param name The name of the output group
 */
function startGroup(name) {
    issue('group', name);
}
/**
 * End an output group.
 */
function endGroup() {
    issue('endgroup');
}
/**
 * Wrap an asynchronous function call in a group.
 *
 * Returns the same type as the function itself.
 *
 * @param name The name of the group
 * @param fn The function to wrap in the group
 */
function group(name, fn) {
    return core_awaiter(this, void 0, void 0, function* () {
        startGroup(name);
        let result;
        try {
            result = yield fn();
        }
        finally {
            endGroup();
        }
        return result;
    });
}
//-----------------------------------------------------------------------
// Wrapper action state
//-----------------------------------------------------------------------
/**
 * Saves state for current action, the state can only be retrieved by this action's post job execution.
 *
 * @param     name     name of the state to store
 * @param     value    value to store. Non-string values will be converted to a string via JSON.stringify
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
function saveState(name, value) {
    const filePath = process.env['GITHUB_STATE'] || '';
    if (filePath) {
        return file_command_issueFileCommand('STATE', prepareKeyValueMessage(name, value));
    }
    command_issueCommand('save-state', { name }, toCommandValue(value));
}
/**
 * Gets the value of an state set by this action's main execution.
 *
 * @param     name     name of the state to get
 * @returns   string
 */
function getState(name) {
    return process.env[`STATE_${name}`] || '';
}
function getIDToken(aud) {
    return core_awaiter(this, void 0, void 0, function* () {
        return yield OidcClient.getIDToken(aud);
    });
}
/**
 * Summary exports
 */

/**
 * @deprecated use core.summary
 */

/**
 * Path exports
 */

/**
 * Platform utilities exports
 */

//# sourceMappingURL=core.js.map
;// CONCATENATED MODULE: ./src/lib/redact.ts
/*
 * What others say (Zendesk, a proxy, the author of an input) on its way to a log.
 *
 * The runner masks a known secret in a few forms; a server can echo it in more, split by control characters,
 * or send text that the runner takes for a command. So text is cleaned here before the runner sees it.
 */
const QUOTE_LIMIT = 200;
/** What may stand between the characters of a secret that a server repeats in pieces. */
const SEPARATOR = /[\s\p{Cc}\p{Cf}]/u;
const SHORTEST = 4;
const known = new Set();
/** Makes `secret` unprintable from here on, in the forms in which servers like to repeat what they were sent. */
function remember(secret) {
    const bytes = Buffer.from(secret);
    const forms = [
        secret,
        JSON.stringify(secret).slice(1, -1),
        encodeURIComponent(secret),
        new URLSearchParams([['', secret]]).toString().slice(1),
        bytes.toString('base64'),
        shifted(bytes, 1),
        shifted(bytes, 2),
        bytes.toString('base64url'),
        bytes.toString('hex')
    ];
    // What is shorter than any secret would take words apart that have nothing to do with it.
    for (const { text } of forms.map(compact))
        if (text.length >= SHORTEST)
            known.add(text);
}
/** The base64 of a secret that comes after so many other bytes, as far as these do not change it. */
function shifted(bytes, by) {
    return Buffer.concat([Buffer.alloc(by), bytes])
        .toString('base64')
        .replace(/.=*$/, '')
        .slice(by + 1);
}
/** The text in lower case without separators, and where each of its characters stood. */
function compact(text) {
    const positions = [];
    let rest = '';
    for (let position = 0; position < text.length; position += 1) {
        const character = text.charAt(position);
        if (SEPARATOR.test(character))
            continue;
        const lower = character.toLowerCase();
        rest += lower.length === 1 ? lower : character;
        positions.push(position);
    }
    return { text: rest, positions };
}
/** Replaces every known secret in `text` by `***`, in any case of its letters, and where it comes in pieces. */
function redact(text) {
    const { text: rest, positions } = compact(text);
    const secret = new Set();
    for (const form of known) {
        for (let at = rest.indexOf(form); at !== -1; at = rest.indexOf(form, at + 1)) {
            const [start, end] = [positions[at], positions[at + form.length - 1]].map(Number);
            for (let position = start; position <= end; position += 1)
                secret.add(position);
        }
    }
    if (secret.size === 0)
        return text;
    return text.split('').reduce((shown, character, position) => {
        if (!secret.has(position))
            return shown + character;
        return secret.has(position - 1) ? shown : `${shown}***`;
    }, '');
}
/**
 * Makes `text` safe as a line of a log: no known secret, one line, no control or invisible characters, and
 * nothing in it that the runner would execute (`::` at the start of a line, `##[` anywhere in it).
 */
function oneLine(text) {
    const plain = redact(text)
        .replace(/\s+/g, ' ')
        .replace(/[\p{Cc}\p{Cf}\p{Cs}]/gu, '');
    return redact(plain)
        .replace(/:(?=:)/g, ': ')
        .replace(/##(?=\[)/g, '## ');
}
/** Text that is not ours, ready to be quoted in a line: cleaned, without markup, at most 200 characters. */
function quote(text) {
    const withoutMarkup = redact(text)
        .replace(/<[^>]*>/g, '')
        .replace(/[<>]/g, '');
    const characters = Array.from(oneLine(withoutMarkup).trim());
    return characters.length <= QUOTE_LIMIT
        ? characters.join('')
        : `${characters.slice(0, QUOTE_LIMIT - 1).join('')}…`;
}

;// CONCATENATED MODULE: ./src/zendesk/origin.ts
/*
 * Where a Zendesk account is: its subdomain and its origin.
 */
/** The subdomain that `acme`, `acme.zendesk.com` or `https://acme.zendesk.com/` names; `undefined` for anything else. */
function subdomainOf(value) {
    const pattern = /^(?:(?:https:\/\/)?([^./]+)\.zendesk\.com\/?|([^./]+))$/;
    const [, long, short] = pattern.exec(value.toLowerCase()) ?? [];
    const subdomain = long ?? short;
    return subdomain !== undefined && /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(subdomain)
        ? subdomain
        : undefined;
}
/** The origin of an account. */
function originOf(subdomain) {
    return `https://${subdomain}.zendesk.com`;
}
/**
 * The origin that `value` names: `https:`, or `http:` on this machine, and nothing besides scheme, host and port;
 * `undefined` for anything else.
 */
function readOrigin(value) {
    if (!/^https?:\/\/[^/?#@\\]+\/?$/i.test(value) || !URL.canParse(value))
        return undefined;
    const url = new URL(value);
    return url.protocol === 'https:' || isLoopback(url) ? url.origin : undefined;
}
/** Whether a secret sent to `origin` reaches neither Zendesk nor this machine. */
function isForeign(origin) {
    const url = new URL(origin);
    return !isLoopback(url) && url.hostname !== '[::1]' && !/(?:^|\.)zendesk\.com$/.test(url.hostname);
}
function isLoopback({ hostname }) {
    return hostname === 'localhost' || /^127(?:\.\d+){3}$/.test(hostname);
}

;// CONCATENATED MODULE: ./src/zendesk/credential.ts

/** How a confidential client's secret travels (RFC 6749 §2.3.1, names of RFC 8414). */
const AUTH_METHODS = ['client_secret_post', 'client_secret_basic'];
/** The inputs that choose a credential. */
const CREDENTIAL_KINDS = [
    'api-token',
    'access-token',
    'client-secret',
    'authorization-code',
    'refresh-token'
];
/** Whether a credential is one with which an admin creates a token, and not one that is exchanged for it. */
function isAdmin(credential) {
    return credential.kind === 'api-token' || credential.kind === 'access-token';
}
/** Whether a credential is exchanged for a pair: an access token, and the refresh token that lives and dies with it. */
function comesInPairs({ kind }) {
    return kind === 'authorization-code' || kind === 'refresh-token';
}
/** The `Authorization` header of a bearer token (RFC 6750 §2.1). */
function bearer(token) {
    return new Secret(`Bearer ${token.reveal()}`);
}
/** The base64 half of the Basic header of an API token: `{email}/token:{api-token}`. */
function apiTokenBasic(email, apiToken) {
    return Buffer.from(`${email}/token:${apiToken}`).toString('base64');
}
/** The base64 half of the Basic header of a client, both halves form-encoded first (RFC 6749 §2.3.1). */
function clientBasic(clientId, clientSecret) {
    return Buffer.from(`${formEncode(clientId)}:${formEncode(clientSecret)}`).toString('base64');
}
/** The `Authorization` header of an admin's credential. */
function adminAuthorization(credential) {
    return credential.kind === 'access-token'
        ? bearer(credential.accessToken)
        : new Secret(`Basic ${apiTokenBasic(credential.email, credential.apiToken.reveal())}`);
}
function formEncode(text) {
    return new URLSearchParams([['', text]]).toString().slice(1);
}

;// CONCATENATED MODULE: ./src/zendesk/scopes.ts
/*
 * Zendesk's scopes, https://support.zendesk.com/hc/en-us/articles/4408838272410 and the announcement of
 * granular scopes of 2026-08-10. The list moves: a scope that is not in it is worth a warning, never an error.
 */
const BOTH = [
    'tickets users organizations hc apps automations targets triggers macros requests satisfaction_ratings',
    'dynamic_content themes zis webhooks account_settings brands custom_objects deletion_schedules groups',
    'sla_policies ticket_attachments ticket_views'
].flatMap((line) => line.split(' '));
const READ_ONLY = ['auditlogs', 'security'];
const WRITE_ONLY = ['any_channel', 'web_widget'];
/** Every scope that Zendesk documents. */
const KNOWN_SCOPES = [
    'read',
    'write',
    'impersonate',
    ...[...BOTH, ...READ_ONLY].map((resource) => `${resource}:read`),
    ...[...BOTH, ...WRITE_ONLY].map((resource) => `${resource}:write`)
];
/** The scopes in `text`, each once, separated by spaces, commas or newlines. */
function splitScopes(text) {
    return [...new Set(text.split(/[\s,]+/).filter(Boolean))];
}
/** Whether `scope` has the form of a scope: words of letters, digits, `_`, `-` and `.`, joined by colons. */
function isWellFormedScope(scope) {
    return /^[\w.-]+(?::[\w.-]+)*$/.test(scope);
}
/** The documented scope nearest to `scope`, which is not documented; `undefined` where it is. */
function nearestScope(scope) {
    if (KNOWN_SCOPES.includes(scope))
        return undefined;
    const distances = KNOWN_SCOPES.map((known) => [known, distance(scope.toLowerCase(), known)]);
    return distances.reduce((best, next) => (next[1] < best[1] ? next : best))[0];
}
/** The scopes of `requested` that `granted` does not cover: `read` covers every `x:read`, `write` every `x:write`. */
function scopesNotGranted(requested, granted) {
    const broad = granted.filter((scope) => /^(?:read|write)$/.test(scope));
    return requested.filter((scope) => !granted.includes(scope) && !broad.includes(scope.slice(scope.lastIndexOf(':') + 1)));
}
/** Levenshtein's distance: how many letters have to change to make `a` of `b`. */
function distance(a, b) {
    let row = [...Array(b.length + 1).keys()];
    for (const letter of a) {
        let diagonal = 0;
        let left = 0;
        row = row.map((above, column) => {
            const replaced = diagonal + (b[column - 1] === letter ? 0 : 1);
            left = column === 0 ? above + 1 : Math.min(above + 1, left + 1, replaced);
            diagonal = above;
            return left;
        });
    }
    return Math.max(...row.slice(-1));
}

;// CONCATENATED MODULE: external "node:http"
const external_node_http_namespaceObject = require("node:http");
var external_node_http_default = /*#__PURE__*/__nccwpck_require__.n(external_node_http_namespaceObject);
;// CONCATENATED MODULE: external "node:https"
const external_node_https_namespaceObject = require("node:https");
var external_node_https_default = /*#__PURE__*/__nccwpck_require__.n(external_node_https_namespaceObject);
;// CONCATENATED MODULE: ./src/zendesk/body.ts

/** 1 MiB: far above any reply of Zendesk's token endpoints. */
const BODY_LIMIT = 1024 * 1024;
/** The body was not read to its end: it broke off, or is larger than 1 MiB. */
class IncompleteBody extends Error {
    reason;
    constructor(reason) {
        super(`the reply was ${reason}`);
        this.reason = reason;
    }
}
/**
 * Reads a reply's body as UTF-8 text. Unlike http-client's `readBody()`, which waits for ever where the peer
 * drops the connection half-way, this always settles.
 *
 * @throws {IncompleteBody} where the reply broke off or is larger than 1 MiB
 */
function readBody(message) {
    return new Promise((resolve, reject) => {
        const chunks = [];
        let size = 0;
        message.on('data', (chunk) => {
            size += chunk.length;
            if (size > BODY_LIMIT) {
                reject(new IncompleteBody('too large'));
                message.destroy();
            }
            else {
                chunks.push(chunk);
            }
        });
        message.on('end', () => {
            if (message.complete)
                resolve(Buffer.concat(chunks).toString('utf8'));
        });
        const brokenOff = () => {
            reject(new IncompleteBody('broken off'));
        };
        message.on('error', brokenOff);
        message.on('close', brokenOff);
    });
}

;// CONCATENATED MODULE: ./src/zendesk/network-error.ts
/** A request that got no complete reply. */
class Unanswered extends Error {
    reason;
    sent;
    code;
    /**
     * @param sent whether the whole request had been handed to the network, so that it may have been carried out
     * @param code what the system called it, such as `ECONNREFUSED`
     */
    constructor(reason, sent, code = '') {
        super(`${reason} ${code}`.trim());
        this.reason = reason;
        this.sent = sent;
        this.code = code;
    }
}
const TUNNEL = 'tunneling socket could not be established, ';
const CERTIFICATE = /CERT|CRL|^UNABLE_TO_|^INVALID_|PATH_LENGTH|HOSTNAME_MISMATCH|certificate/;
/**
 * Tells from an error of Node, or of the `tunnel` package below http-client, what went wrong. `tunnel` reports
 * everything that happens at a proxy as `ECONNRESET`, so its message has to be read.
 */
function unanswered(error, sent) {
    const { code = '', message } = error;
    if (message.startsWith(TUNNEL)) {
        const status = /statusCode=(\d+)/.exec(message)?.[1];
        if (status !== undefined)
            return new Unanswered('proxy refused', false, status);
        if (CERTIFICATE.test(message))
            return new Unanswered('certificate', false, 'of the proxy');
        return new Unanswered('proxy', false, /\bE[A-Z_]{4,}\b/.exec(message)?.[0]);
    }
    if (message === 'got illegal response body from proxy')
        return new Unanswered('proxy', false, 'illegal reply');
    if (code.startsWith('ERR_INVALID'))
        return new Unanswered('unsendable', false, code);
    if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
        return new Unanswered('dns', false, code);
    if (CERTIFICATE.test(code))
        return new Unanswered('certificate', false, code);
    if (code === 'EPROTO' || code.startsWith('ERR_SSL'))
        return new Unanswered('tls', sent, code);
    return new Unanswered(sent ? 'broken off' : 'connection', sent, code);
}

;// CONCATENATED MODULE: ./src/zendesk/proxy.ts

/** The variables that http-client reads, those for `https:` first. */
const VARIABLES = { 'https:': ['https_proxy', 'HTTPS_PROXY'], 'http:': ['http_proxy', 'HTTP_PROXY'] };
function parse(value) {
    return URL.canParse(value) ? new URL(value) : undefined;
}
/** The passwords in the proxy variables of `env`, as they are written there and as they are sent. */
function proxyPasswords(env) {
    const values = Object.values(VARIABLES)
        .flat()
        .flatMap((name) => env[name] ?? []);
    const passwords = values.flatMap((value) => [
        parse(value)?.password ?? '',
        // Without a scheme `user:password@proxy:8080` is a URL of the scheme `user:`.
        parse(`http://${value}`)?.password ?? ''
    ]);
    return [...new Set(passwords.flatMap((password) => [password, decode(password)]))].filter(Boolean);
}
function decode(text) {
    try {
        return decodeURIComponent(text);
    }
    catch {
        return text;
    }
}
/**
 * The name of the proxy variable that would be used for `url`, but holds no `http://host:port`: http-client
 * passes such a proxy by without a word, and a request that was to go through it would go out directly.
 */
function unreadableProxy(url, env) {
    if (checkBypass(url))
        return undefined;
    const name = VARIABLES[url.protocol].find((variable) => env[variable]);
    if (name === undefined)
        return undefined;
    const proxy = read(String(env[name]));
    const usable = proxy !== undefined && /^https?:$/.test(proxy.protocol) && proxy.hostname !== '';
    return usable && decodable(proxy) ? undefined : name;
}
/** As http-client reads it: where that is no URL, and has no scheme, with one before it. */
function read(value) {
    return parse(value) ?? (/^https?:\/\//.test(value) ? undefined : parse(`http://${value}`));
}
function decodable({ username, password }) {
    try {
        decodeURIComponent(username + password);
        return true;
    }
    catch {
        return false;
    }
}

;// CONCATENATED MODULE: ./src/zendesk/connection.ts







/**
 * A connection to one origin, kept open between requests (through a proxy `tunnel` opens one for each). Proxies
 * and their exceptions are http-client's (`https_proxy`, `http_proxy`, `no_proxy`), redirects are never followed.
 */
class Connection {
    origin;
    userAgent;
    #client;
    /**
     * @param origin such as `https://acme.zendesk.com`
     * @param userAgent the `User-Agent` of every request
     */
    constructor(origin, userAgent) {
        this.origin = origin;
        this.userAgent = userAgent;
    }
    /**
     * Sends one request and reads its reply, whatever its status.
     *
     * @throws {Unanswered} where no complete reply came in time; the connection is then dropped
     */
    async exchange(call, limits) {
        const url = new URL(call.path, this.origin);
        const variable = unreadableProxy(url, process.env);
        if (variable !== undefined)
            throw new Unanswered('proxy unreadable', false, variable);
        const module = url.protocol === 'https:' ? (external_node_https_default()) : (external_node_http_default());
        this.#client ??= new lib_HttpClient(undefined, [], { keepAlive: true, maxSockets: 1, allowRedirects: false });
        const client = this.#client;
        const headers = { accept: 'application/json', 'user-agent': this.userAgent };
        if (call.authorization !== undefined)
            headers.authorization = call.authorization.reveal();
        if (call.body !== undefined)
            headers['content-type'] = 'application/json';
        let request;
        let sent = false;
        const info = {
            parsedUrl: url,
            options: {
                method: call.method,
                host: url.hostname.replace(/^\[|\]$/g, ''),
                port: Number(url.port) || (module === (external_node_https_default()) ? 443 : 80),
                path: url.pathname + url.search,
                headers,
                agent: client.getAgent(url.href)
            },
            // `requestRaw` and not `request`: only the raw request tells whether it was sent, and can be ended
            // while a proxy keeps it waiting.
            httpModule: {
                request: (options, onReply) => {
                    request = module.request(options, onReply);
                    request.on('finish', () => {
                        // One that still waits for its connection "finishes" as well when it is destroyed.
                        const { connecting, secureConnecting } = Object(request?.socket);
                        sent = connecting !== true && secureConnecting !== true;
                    });
                    return request;
                }
            }
        };
        let giveUp;
        const givenUp = new Promise((_resolve, reject) => {
            giveUp = (reason) => {
                // Before the request is sent, a proxy is who keeps it waiting.
                const isProxy = reason === 'timeout' && !sent && lib_getProxyUrl(url.href) !== '';
                reject(new Unanswered(isProxy ? 'proxy' : reason, sent));
            };
        });
        const timers = [
            setTimeout(() => {
                giveUp('timeout');
            }, limits.timeout)
        ];
        const cancel = () => {
            timers.push(setTimeout(() => {
                giveUp('cancelled');
            }, limits.grace));
        };
        limits.stop.addEventListener('abort', cancel);
        try {
            return await Promise.race([this.#read(client.requestRaw(info, call.body?.reveal() ?? null)), givenUp]);
        }
        catch (error) {
            request?.destroy();
            this.drop();
            if (error instanceof Unanswered)
                throw error;
            if (error instanceof IncompleteBody)
                throw new Unanswered(error.reason, sent);
            throw unanswered(error, sent);
        }
        finally {
            limits.stop.removeEventListener('abort', cancel);
            timers.forEach(clearTimeout);
        }
    }
    /** Closes the connection; the next request opens another. */
    drop() {
        this.#client?.dispose();
        this.#client = undefined;
    }
    async #read(response) {
        const { message } = await response;
        const text = await readBody(message);
        const { headers, statusCode } = message;
        const date = Date.parse(headers.date ?? '');
        return {
            status: Number(statusCode),
            json: connection_parse(text),
            html: /^\s*</.test(text),
            retryAfter: headers['retry-after'],
            location: headers.location,
            date: Number.isNaN(date) ? undefined : date,
            requestId: headers['x-request-id']?.toString()
        };
    }
}
function connection_parse(text) {
    try {
        return JSON.parse(text);
    }
    catch {
        return undefined;
    }
}

;// CONCATENATED MODULE: ./src/zendesk/error-response.ts

/** `value` as an object of JSON; an empty one where it is none. */
function object(value) {
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
}
/** `value` as a list; an empty one where it is none. */
function list(value) {
    return Array.isArray(value) ? value : [];
}
/** `value` as a text; `undefined` where it is none, or empty. */
function error_response_text(value) {
    return typeof value === 'string' && value !== '' ? value : undefined;
}
/** The `error` of an OAuth error reply, such as `invalid_grant` (RFC 6749 §5.2). */
function errorCode(json) {
    return error_response_text(object(json)['error']);
}
/**
 * Zendesk's own words in an error reply, cleaned and cut to 200 characters; `undefined` where it gave none. Its
 * endpoints use five forms: `error` with `error_description` or `description`, `error.title` with
 * `error.message`, `errors[].title` with `errors[].detail`, and `details` of fields beside `description`.
 */
function wordsOf(json) {
    const { error, error_description, description, message, errors, details } = object(json);
    const inner = object(error);
    const first = object(list(errors)[0]);
    const field = object(list(Object.values(object(details))[0])[0]);
    const parts = [
        error_response_text(error) ?? error_response_text(inner['title']) ?? error_response_text(first['title']) ?? error_response_text(first['code']),
        error_response_text(error_description) ??
            error_response_text(description) ??
            error_response_text(inner['message']) ??
            error_response_text(first['detail']) ??
            error_response_text(message),
        error_response_text(field['description'])
    ];
    const words = [...new Set(parts.filter((part) => part !== undefined))].join(': ');
    return error_response_text(quote(words));
}

;// CONCATENATED MODULE: ./src/zendesk/tokens.ts






/*
 * Tokens as a resource, https://developer.zendesk.com/api-reference/ticketing/oauth/oauth_tokens/
 */
const TOKENS = '/api/v2/oauth/tokens';
/** A usable access or refresh token: 8 to 8192 visible ASCII characters; `undefined` for anything else. */
function usableToken(value) {
    return typeof value === 'string' && /^[\x21-\x7e]{8,8192}$/.test(value) ? new Secret(value) : undefined;
}
/** An id of Zendesk: a positive safe integer; anything else is as if it had not been told. */
function usableId(value) {
    return Number.isSafeInteger(value) && value > 0 ? value : undefined;
}
/** Reads the `token` object of a reply, or one of a list; wrong types are as if not told. */
function tokenFacts(value) {
    const token = object(value);
    const usedAt = token['used_at'];
    return {
        id: usableId(token['id']),
        clientId: usableId(token['client_id']),
        userId: usableId(token['user_id']),
        scopes: scopesOf(token['scopes']),
        expiresAt: time(token['expires_at']),
        createdAt: time(token['created_at']) ?? undefined,
        usedAt: usedAt === null || usedAt === undefined ? null : (time(usedAt) ?? NaN),
        prefix: error_response_text(token['token'])
    };
}
/**
 * Scopes as Zendesk writes them: a list, or one text with spaces; `undefined` where it tells none. They go into the
 * state and the outputs, so what is no scope, or holds a secret that a server repeats, is left out.
 */
function scopesOf(value) {
    const scopes = list(typeof value === 'string' ? value.split(' ') : value).filter((scope) => typeof scope === 'string' && isWellFormedScope(scope) && quote(scope) === scope);
    return scopes.length === 0 ? undefined : scopes;
}
function time(value) {
    if (value === null)
        return null;
    const ms = Date.parse(error_response_text(value) ?? '');
    return Number.isNaN(ms) ? undefined : ms;
}
/** Creates a token for the client with the numeric id `clientId` (credentials A and B; deprecated on 2026-08-26). */
function createToken(credential, clientId, scopes) {
    return {
        method: 'POST',
        path: TOKENS,
        authorization: adminAuthorization(credential),
        body: new Secret(JSON.stringify({ token: { client_id: clientId, scopes } }))
    };
}
/** Asks for the token that the request itself is made with: 200 while it lives, 401 once it is dead. */
function currentToken(token) {
    return { method: 'GET', path: `${TOKENS}/current`, authorization: bearer(token) };
}
/** Revokes the token with this id, or the one that the request is made with. */
function revokeToken(id, authorization) {
    return { method: 'DELETE', path: `${TOKENS}/${id}`, authorization };
}
/** The query of the list of a client's tokens; `allUsers` needs an admin. */
function tokensOf(clientId, allUsers) {
    return `${TOKENS}?client_id=${clientId}${allUsers ? '&all=true' : ''}`;
}

;// CONCATENATED MODULE: ./src/inputs/input-reader.ts



const SHORTEST_SECRET = 8;
/** Why a secret that is there in the workflow can arrive empty. */
const LIKELY_EMPTY = 'a secret arrives empty where none of that name exists, and in a run from a fork or by Dependabot, to which GitHub gives no secrets';
/** The inputs of a step are not what they should be; tells all that is wrong with them. */
class InputError extends Error {
}
/** Whether a value of a secret input can be a secret, and so is masked. */
function isMaskable(value) {
    return value.length >= SHORTEST_SECRET && !hasControlCharacter(value);
}
/** An e-mail as the Basic header wants it: without the `/token` that Zendesk's examples have behind it. */
function adminEmail(email) {
    return email.replace(/\/token$/, '');
}
function hasControlCharacter(value) {
    return /\p{Cc}/u.test(value);
}
/** Reads inputs one by one and collects what is wrong with them, so that all of it can be told at once. */
class Form {
    #problems = [];
    /** Notes that `input` is wrong: what is wrong with it, and what to write instead. */
    problem(input, wrong) {
        this.#problems.push(`${input}: ${wrong}`);
    }
    /**
     * Throws an {@link InputError} of everything that was noted; else returns `value`, which is only `undefined` where
     * something was.
     */
    finish(value) {
        const [first, ...more] = this.#problems;
        if (first === undefined)
            return value;
        if (more.length === 0)
            throw new InputError(`An input needs a correction: ${first}.`);
        const all = this.#problems.map((problem, index) => `(${index + 1}) ${problem}`).join('; ');
        throw new InputError(`The inputs need ${this.#problems.length} corrections: ${all}.`);
    }
    /** The trimmed value; empty where there is none or it has a control character. */
    text(input) {
        const value = getInput(input);
        if (!hasControlCharacter(value))
            return value;
        this.problem(input, 'there is a control character, such as a line break, inside the value: write it on one line');
        return '';
    }
    /** A text that has to be there. */
    required(input, cure) {
        const value = this.text(input);
        if (value === '' && getInput(input) === '')
            this.problem(input, `it is required, but empty: ${cure}`);
        return value;
    }
    /** A secret; `undefined` where there is none or it cannot be one. */
    secret(input) {
        const value = this.text(input);
        if (value === '')
            return undefined;
        if (isMaskable(value))
            return new Secret(value);
        this.problem(input, `it is shorter than ${SHORTEST_SECRET} characters, too short for a secret (it was neither sent nor masked): copy the whole of it`);
        return undefined;
    }
    /** One of `choices`, in any case of its letters; the first where it is empty. */
    choice(input, choices) {
        const value = this.text(input).toLowerCase();
        const choice = choices.find((known) => known === (value === '' ? choices[0] : value));
        if (choice !== undefined)
            return choice;
        this.problem(input, `"${quote(value)}" is not allowed here: write ${choices.join(' or ')}`);
        return choices[0];
    }
    /** `true` or `false`, in any case of its letters. */
    flag(input, ifEmpty) {
        return this.choice(input, ifEmpty ? ['true', 'false'] : ['false', 'true']) === 'true';
    }
    /** A whole number from `min` to `max`; `undefined` where it is empty or none. */
    integer(input, min, max, unit) {
        const value = this.text(input);
        if (value === '')
            return undefined;
        const number = /^\d+$/.test(value) ? Number(value) : NaN;
        if (number >= min && number <= max)
            return number;
        this.problem(input, `"${quote(value)}" is not a whole number from ${min} to ${max}: write the ${unit} in digits`);
        return undefined;
    }
}

;// CONCATENATED MODULE: ./src/inputs/inputs.ts








const DEFAULT_LIFETIME = 3600;
const HOUR = 3_600_000;
/**
 * Reads and checks every input of the main step.
 *
 * @throws {InputError} that names every input that is wrong, and what to write instead
 */
function readMintInputs() {
    const form = new Form();
    const account = readAccount(form, 300);
    const chosen = credentialInput(form, ['api-token', 'access-token', 'authorization-code', 'refresh-token']);
    const credential = readCredential(form, chosen);
    const scopes = readScopes(form);
    const expiresIn = form.integer('expires-in', 300, 172_800, 'lifetime in seconds');
    const isAdmin = chosen === 'api-token' || chosen === 'access-token';
    if (isAdmin && getInput('expires-in') !== '') {
        form.problem('expires-in', `a token minted with ${chosen} cannot be given a lifetime: leave it out, or use client-secret`);
    }
    const skipRevoke = form.choice('skip-token-revoke', ['auto', 'true', 'false']);
    const exportEnv = form.flag('export-env', false);
    const jobSummary = form.flag('job-summary', false);
    const clientId = readClientId(form, isAdmin);
    const asksByDefault = isAdmin || chosen === 'client-secret';
    return {
        ...account,
        clientId,
        credential: form.finish(credential),
        scopes: scopes.length === 0 && asksByDefault ? ['read', 'write'] : scopes,
        expiresIn: isAdmin ? undefined : (expiresIn ?? DEFAULT_LIFETIME),
        skipRevoke,
        exportEnv,
        jobSummary,
        warnings: [
            ...originWarning(account.origin),
            ...clientIdWarning(clientId, isAdmin),
            ...scopeWarning(scopes)
        ]
    };
}
/**
 * Reads and checks every input of the sweep.
 *
 * @throws {InputError} that names every input that is wrong, and what to write instead
 */
function readSweepInputs() {
    const form = new Form();
    const account = readAccount(form, 600);
    const chosen = credentialInput(form, ['api-token', 'access-token']);
    const credential = readCredential(form, chosen);
    const olderThan = readAge(form);
    const allUsers = form.flag('all-users', false);
    const dryRun = form.flag('dry-run', true);
    const jobSummary = form.flag('job-summary', true);
    const clientId = readClientId(form, chosen !== 'client-secret');
    return {
        ...account,
        clientId,
        credential: form.finish(credential),
        olderThan,
        allUsers,
        dryRun,
        jobSummary,
        warnings: [...originWarning(account.origin), ...clientIdWarning(clientId, chosen !== 'client-secret')]
    };
}
/**
 * The credential of this kind from the inputs, as the post step is given them: unchecked, for they may be those of
 * another step. `undefined` for a code or a refresh token, which are used up.
 */
function rereadCredential(kind, authMethod) {
    switch (kind) {
        case 'api-token':
            return { kind, email: adminEmail(getInput('email')), apiToken: new Secret(getInput(kind)) };
        case 'access-token':
            return { kind, accessToken: new Secret(getInput(kind)) };
        case 'client-secret':
            return { kind, clientSecret: new Secret(getInput(kind)), authMethod };
        case 'authorization-code':
        case 'refresh-token':
            return undefined;
    }
}
function readAccount(form, timeout) {
    const given = form.required('subdomain', 'write acme for https://acme.zendesk.com');
    const subdomain = subdomainOf(given) ?? '';
    if (given !== '' && subdomain === '') {
        form.problem('subdomain', `"${echo(given)}" is not a Zendesk subdomain: write acme, acme.zendesk.com or https://acme.zendesk.com/`);
    }
    const base = form.text('base-url');
    const origin = base === '' ? originOf(subdomain) : (readOrigin(base) ?? '');
    if (origin === '') {
        form.problem('base-url', `"${echo(base)}" is not an origin: write https://host or https://host:port and nothing behind it (http: only for localhost and 127.0.0.0/8)`);
    }
    return {
        subdomain,
        origin,
        timeoutSeconds: form.integer('timeout-seconds', 5, 3600, 'time in seconds') ?? timeout
    };
}
/** A value for an error; what may be a password in a URL is left out. */
function echo(value) {
    return quote(value.replace(/\/\/[^/]*@/, '//***@'));
}
function readClientId(form, isAdmin) {
    const cure = 'write the unique identifier of the OAuth client, from Admin Center';
    const clientId = form.required('client-id', cure);
    if (isAdmin && /^\d+$/.test(clientId) && usableId(Number(clientId)) === undefined) {
        form.problem('client-id', `${quote(clientId)} is not a possible id: ${cure}`);
    }
    return clientId;
}
/** The input that chooses the credential: the one of `inputs` that is set, else `client-secret`. */
function credentialInput(form, inputs) {
    const given = inputs.filter((input) => getInput(input) !== '');
    const [first, second] = given;
    if (second !== undefined) {
        form.problem(given.join(' and '), 'only one credential can be used: leave the others out');
    }
    return first ?? 'client-secret';
}
function readCredential(form, chosen) {
    const authMethod = form.choice('token-endpoint-auth-method', AUTH_METHODS);
    const email = readEmail(form, chosen);
    const clientSecret = form.secret('client-secret');
    const redirectUri = form.text('redirect-uri');
    const codeVerifier = form.secret('code-verifier');
    for (const input of ['redirect-uri', 'code-verifier']) {
        if (chosen !== 'authorization-code' && getInput(input) !== '') {
            form.problem(input, `it is used only with authorization-code, which is empty: set that, or leave this out; ${LIKELY_EMPTY}`);
        }
    }
    switch (chosen) {
        case 'api-token': {
            const apiToken = form.secret(chosen);
            refuseClientSecret(form, chosen);
            return apiToken && { kind: chosen, email, apiToken };
        }
        case 'access-token': {
            const accessToken = form.secret(chosen);
            refuseClientSecret(form, chosen);
            if (accessToken !== undefined && usableToken(accessToken.reveal()) === undefined) {
                form.problem(chosen, 'it has characters that an access token cannot have, or is longer than 8192: copy it again');
            }
            return accessToken && { kind: chosen, accessToken };
        }
        case 'client-secret':
            if (getInput(chosen) === '' && getInput('email') === '') {
                form.problem(chosen, `no credential is set: set client-secret, or another one; ${LIKELY_EMPTY}`);
            }
            return clientSecret && { kind: chosen, clientSecret, authMethod };
        case 'authorization-code': {
            const code = form.secret(chosen);
            if (getInput('redirect-uri') === '') {
                form.problem('redirect-uri', 'authorization-code needs it: write the one that the code was asked for with');
            }
            if (getInput('code-verifier') === '' && getInput('client-secret') === '') {
                form.problem('code-verifier', `authorization-code needs it, or client-secret, or both; ${LIKELY_EMPTY}`);
            }
            return code && { kind: chosen, code, redirectUri, codeVerifier, clientSecret, authMethod };
        }
        case 'refresh-token': {
            const refreshToken = form.secret(chosen);
            return refreshToken && { kind: chosen, refreshToken, clientSecret, authMethod };
        }
    }
}
function readEmail(form, chosen) {
    const email = adminEmail(form.text('email'));
    if (chosen === 'api-token') {
        if (adminEmail(getInput('email')) === '')
            form.problem('email', 'api-token needs the e-mail of the admin that it belongs to');
        else if (email !== '' && !/^[^\s:@]+@[^\s:@]+$/.test(email)) {
            form.problem('email', `"${quote(email)}" is not an e-mail address: write the one that the admin signs in with`);
        }
    }
    else if (getInput('email') !== '') {
        form.problem('api-token', `email is set, but there is no api-token: set it, or leave email out; ${LIKELY_EMPTY}`);
    }
    return email;
}
function refuseClientSecret(form, chosen) {
    if (getInput('client-secret') === '')
        return;
    form.problem('client-secret', `it is a credential of its own: leave out either it or ${chosen}`);
}
function readScopes(form) {
    const scopes = splitScopes(getInput('scopes'));
    const malformed = scopes.filter((scope) => !isWellFormedScope(scope));
    if (malformed.length > 0) {
        form.problem('scopes', `"${quote(malformed.join(' '))}" cannot be scopes: write names like tickets:read, separated by spaces`);
    }
    return scopes;
}
/** `older-than` in milliseconds: a number of minutes, hours or days, at least one hour. */
function readAge(form) {
    const value = form.text('older-than').toLowerCase() || '24h';
    const [, count, unit = ''] = /^(\d{1,6})([mhd])$/.exec(value) ?? [];
    const age = Number(count) * ({ m: HOUR / 60, h: HOUR, d: 24 * HOUR }[unit] ?? NaN);
    if (!(age >= HOUR)) {
        form.problem('older-than', `"${quote(value)}" is not an age of at least an hour: write 90m, 36h or 7d`);
    }
    return age;
}
function originWarning(origin) {
    if (!isForeign(origin))
        return [];
    return [
        `base-url: ${quote(new URL(origin).host)} is about to receive the credential, and is not a host of Zendesk`
    ];
}
function clientIdWarning(clientId, isAdmin) {
    if (isAdmin || !/^\d+$/.test(clientId))
        return [];
    return [
        `client-id: ${quote(clientId)} is a number, but this credential wants the unique identifier of the client, such as ci_bot`
    ];
}
function scopeWarning(scopes) {
    const unknown = scopes.flatMap((scope) => {
        const nearest = nearestScope(scope);
        return nearest === undefined ? [] : [`${quote(scope)} (did you mean ${nearest}?)`];
    });
    return unknown.length === 0 ? [] : [`scopes: Zendesk documents no scope ${unknown.join(', ')}`];
}

;// CONCATENATED MODULE: ./src/lib/clock.ts
const realWorld = {
    now: () => Date.now(),
    elapsed: () => performance.now(),
    random: () => Math.random(),
    sleep: (ms, stop) => new Promise((resolve) => {
        const wake = () => {
            clearTimeout(timer);
            stop.removeEventListener('abort', wake);
            resolve();
        };
        const timer = setTimeout(wake, ms);
        stop.addEventListener('abort', wake);
        if (stop.aborted)
            wake();
    })
};

;// CONCATENATED MODULE: ./src/lib/deadline.ts

/** The runner cancelled the job: nothing new may be started. */
class Cancelled extends Error {
    constructor() {
        super('The job was cancelled, so nothing more was started.');
    }
}
/** The time of the step is over. */
class BudgetSpent extends Error {
    seconds;
    constructor(seconds) {
        super(`The time of this step is over: it had ${seconds} s for all requests, waits and retries; raise \`timeout-seconds\`.`);
        this.seconds = seconds;
    }
}
/** Milliseconds kept at the end of a step, or that part of its time, where that is less. */
const RESERVE = 5000;
const RESERVED_PART = 0.2;
/** How many milliseconds of `seconds` are kept for what has to be said or tidied up after the work. */
function reserveOf(seconds) {
    return Math.min(RESERVE, seconds * 1000 * RESERVED_PART);
}
/** How much time a step still has, and whether it may go on at all. */
class Budget {
    world;
    seconds;
    stop;
    #deadline;
    /**
     * @param seconds what the whole step may take, counted from the start of the process
     * @param stop aborted when the runner cancels the job
     * @param reserve milliseconds at the end that are kept for what comes after the work
     */
    constructor(world, seconds, stop, reserve = 0) {
        this.world = world;
        this.seconds = seconds;
        this.stop = stop;
        this.#deadline = seconds * 1000 - reserve;
    }
    /** Milliseconds left for the work, never below 0. */
    remaining() {
        return Math.max(0, this.#deadline - this.world.elapsed());
    }
    /** Throws {@link Cancelled} or {@link BudgetSpent} where nothing new may be started. */
    check() {
        if (this.stop.aborted)
            throw new Cancelled();
        if (this.remaining() <= 0)
            throw new BudgetSpent(this.seconds);
    }
    /** Waits `ms` milliseconds; throws as {@link Budget.check} does, at once where the job is cancelled. */
    async pause(ms) {
        this.check();
        await this.world.sleep(ms, this.stop);
        this.check();
    }
    /** A budget to tidy up with when this one is over or the job is cancelled: at most `ms`, within the step's time. */
    closing(ms) {
        const end = Math.min(this.world.elapsed() + ms, this.seconds * 1000);
        return new Budget(this.world, end / 1000, new AbortController().signal);
    }
}

;// CONCATENATED MODULE: ./src/zendesk/client.ts




const TRIES = 5;
const TRY_TIMEOUT = 30_000;
const BACKOFF = 500;
const BACKOFF_CAP = 8000;
const RETRIED_STATUS = new Set([408, 429, 500, 502, 503, 504]);
/** After these the request may have been carried out all the same. */
const LOST_STATUS = new Set([408, 500, 502, 504]);
const RETRIED_REASON = new Set(['dns', 'tls', 'connection', 'proxy', 'broken off', 'timeout']);
/**
 * The seconds that a `Retry-After` header asks for (RFC 9110 §10.2.3: seconds, or a date, which is read against the
 * server's own clock), or `undefined` where it cannot be read.
 */
function retryAfter({ retryAfter: text = '', date }, now) {
    if (/^\s*\d+\s*$/.test(text))
        return Number(text);
    if (!/^\s*(?:mon|tue|wed|thu|fri|sat|sun)/i.test(text))
        return undefined;
    // All three forms of HTTP's dates mean UTC, and the oldest does not say so.
    const until = Date.parse(/gmt/i.test(text) ? text : `${text} GMT`);
    return Number.isNaN(until) ? undefined : Math.max(0, (until - (date ?? now)) / 1000);
}
function describe(outcome) {
    return outcome instanceof Unanswered
        ? `got no complete reply (${outcome.message})`
        : `answered ${outcome.status}`;
}
/** Requests to one origin, one after the other, each tried again as often as it makes sense and the budget allows. */
class Session {
    budget;
    notes;
    #connection;
    constructor(origin, userAgent, budget, notes) {
        this.budget = budget;
        this.notes = notes;
        this.#connection = new Connection(origin, userAgent);
    }
    get origin() {
        return this.#connection.origin;
    }
    /** Another session like this one, with a connection of its own and, if given, another budget. */
    fork(budget = this.budget) {
        return new Session(this.#connection.origin, this.#connection.userAgent, budget, this.notes);
    }
    /** Waits between two requests; over a long wait the connection is not kept. */
    async pause(ms) {
        if (ms > 2000)
            this.close();
        await this.budget.pause(ms);
    }
    /** Closes the connection. */
    close() {
        this.#connection.drop();
    }
    /**
     * Sends a request until it has an answer that another try would not change: failed connections, replies that
     * broke off, 408, 429 and 5xx are tried again, five times in all. A 429 or 503 that says how long to wait is
     * waited out, as often as the budget allows.
     *
     * @throws {Unanswered} where there was no complete reply even then
     * @throws {Cancelled} or {BudgetSpent} before a request that may no longer be sent
     */
    async send(call, allowance = {}) {
        const { tries = TRIES, onLostReply, beforeRetry } = allowance;
        const { world } = this.budget;
        for (let failures = 0, count = 1;; count += 1) {
            this.budget.check();
            const sentAt = world.now();
            const outcome = await this.#attempt(call, allowance);
            const unanswered = outcome instanceof Unanswered;
            if (unanswered ? outcome.sent : LOST_STATUS.has(outcome.status))
                onLostReply?.(sentAt);
            if (!(unanswered ? RETRIED_REASON.has(outcome.reason) : RETRIED_STATUS.has(outcome.status))) {
                return settle(outcome);
            }
            this.#connection.drop();
            const asked = unanswered || ![429, 503].includes(outcome.status) ? undefined : retryAfter(outcome, world.now());
            if (asked === undefined)
                failures += 1;
            if (failures >= tries || tries === 1)
                return settle(outcome);
            const wait = asked === undefined ? this.#backoff(failures) : this.#spread(asked);
            if (wait >= this.budget.remaining()) {
                // Where the time is over, the outcome in hand says more than "the time is over".
                return asked === undefined ? settle(outcome) : { ...outcome, unfitting: asked };
            }
            this.budget.check();
            // A wait that was asked for does not use up one of the tries.
            const next = asked === undefined ? `try ${failures + 1} of ${tries}` : `as it asks, try ${count + 1}`;
            this.notes.info(`${call.method} ${pathname(call)} ${describe(outcome)}; ${next} in ${(wait / 1000).toFixed(1)} s`);
            await this.budget.pause(wait);
            beforeRetry?.();
        }
    }
    async #attempt(call, { timeout = TRY_TIMEOUT, grace = 0, onReply }) {
        const { world, stop } = this.budget;
        const started = world.elapsed();
        let outcome;
        try {
            const time = Math.min(timeout, this.budget.remaining());
            outcome = await this.#connection.exchange(call, { timeout: time, stop, grace });
            onReply?.(outcome);
        }
        catch (error) {
            if (!(error instanceof Unanswered))
                throw error;
            outcome = error;
        }
        const id = outcome instanceof Unanswered ? undefined : outcome.requestId;
        const duration = `${Math.round(world.elapsed() - started)} ms`;
        const requestId = id === undefined ? '' : `, request id ${quote(id)}`;
        this.notes.debug(`${call.method} ${pathname(call)} ${describe(outcome)} after ${duration}${requestId}`);
        return outcome;
    }
    /** Exponential backoff with full jitter. */
    #backoff(failures) {
        return this.budget.world.random() * Math.min(BACKOFF_CAP, BACKOFF * 2 ** (failures - 1));
    }
    /** The wait that was asked for, at least a second, and up to a quarter more so that many jobs spread out. */
    #spread(asked) {
        const wait = Math.max(1, asked) * 1000;
        const spread = wait * (1 + this.budget.world.random() / 4);
        // Jitter alone never makes a wait not fit: at least a second is left for the request.
        return Math.max(wait, Math.min(spread, this.budget.remaining() - 1000));
    }
}
/** The path without its query, which may hold a cursor that is not ours to print. */
function pathname({ path }) {
    return path.replace(/\?.*/s, '');
}
function settle(outcome) {
    if (outcome instanceof Unanswered)
        throw outcome.reason === 'cancelled' ? new Cancelled() : outcome;
    return outcome;
}

;// CONCATENATED MODULE: ./src/runner/log.ts



const log = {
    debug(text) {
        core_debug(oneLine(text));
    },
    info(text) {
        info(oneLine(text));
    },
    warning(text) {
        warning(oneLine(text));
    },
    error(text) {
        error(oneLine(text));
    },
    mask(secret) {
        core_setSecret(secret);
        remember(secret);
    }
};

;// CONCATENATED MODULE: external "node:fs"
const external_node_fs_namespaceObject = require("node:fs");
;// CONCATENATED MODULE: ./src/runner/outputs.ts



/**
 * Makes sure that the runner's files can be written before a token exists: without them a token would be left
 * alive, or `@actions/core` would print it to the log, as runners wanted it before 2022.
 *
 * @throws {Error} that names the variable of the file that is missing
 */
function requireFiles(...variables) {
    for (const variable of variables) {
        writing(variable, () => {
            (0,external_node_fs_namespaceObject.accessSync)(process.env[variable] ?? '', external_node_fs_namespaceObject.constants.W_OK);
        });
    }
}
/** Sets outputs; what is `undefined` becomes an empty text. */
function setOutputs(outputs) {
    writing('GITHUB_OUTPUT', () => {
        for (const [name, value] of Object.entries(outputs)) {
            setOutput(name, value ?? '');
        }
    });
}
/** Sets an output that is a secret, which has to be masked before. */
function setSecretOutput(name, secret) {
    writing('GITHUB_OUTPUT', () => {
        setOutput(name, secret?.reveal() ?? '');
    });
}
/** Exports what Zendesk's own `zcli` reads to later steps. */
function exportForZcli(subdomain, token) {
    writing('GITHUB_ENV', () => {
        exportVariable('ZENDESK_SUBDOMAIN', subdomain);
        exportVariable('ZENDESK_OAUTH_TOKEN', token.reveal());
    });
}
function writing(variable, write) {
    try {
        write();
    }
    catch (error) {
        throw new Error(`The file that the runner names in ${variable} cannot be written (${error.message}): run this action on a GitHub runner of 2022 or later, and see that its disk is not full or read-only.`);
    }
}

;// CONCATENATED MODULE: ./src/messages.ts







/** Something that Zendesk, or what stands before it, refused or failed to do. */
class ZendeskError extends Error {
    kind;
    constructor(message, kind) {
        super(message);
        this.kind = kind;
    }
}
/** What a helper token is minted for, in an error. */
const HELPER_PURPOSE = 'mint a helper token';
/**
 * Every way in which Zendesk can say no: how the sentence begins, by which `docs/troubleshooting.md` is found, and
 * how it ends: the likely cause and what to do.
 */
const ERRORS = {
    credentialsRefused: {
        says: 'Zendesk refused the credentials',
        cure: ({ credential }) => ({
            'api-token': 'check that `email` and `api-token` belong together and that API token access is on; Zendesk deactivates an API token that was not used for 30 days, so it may have to be activated again, or better replaced by `client-secret`',
            'access-token': 'the `access-token` is expired, revoked or cut short: mint another',
            'client-secret': 'check `client-id` and `client-secret`',
            'authorization-code': 'check `client-id`, and `client-secret` or `code-verifier`',
            'refresh-token': 'check `client-id`, and `client-secret` where the client is confidential'
        })[credential]
    },
    newTokenRefused: {
        says: 'Zendesk refuses the token that it has just given',
        cure: () => 'run the job again; if it stays so, check that the scopes are documented ones, for an unknown scope can give a token that works nowhere'
    },
    forbidden: {
        says: 'Zendesk does not allow this',
        cure: ({ credential, deprecatedMint, call }) => call.path === '/oauth/tokens'
            ? 'check the client in Admin Center, and the IP restrictions of the account: Zendesk, or something in front of it, lets this client or this runner mint no tokens'
            : [
                credential === 'api-token'
                    ? 'the user of `email` is not an admin'
                    : 'the user of the credential is not an admin, or the credential lacks the scope (`read` to look up, `write` to create or revoke)',
                deprecatedMint === true
                    ? ', or Zendesk has closed this deprecated endpoint for the account: use an admin, or `client-secret` in place of the credential'
                    : ': use an admin, and a credential with the scopes `read write`'
            ].join('')
    },
    clientUnknown: {
        says: 'Zendesk knows no such OAuth client',
        cure: ({ clientId }) => `there is no client "${quote(clientId)}" that this user can see: write the unique identifier from Admin Center > Apps and integrations > APIs > OAuth clients into \`client-id\``
    },
    subdomainUnknown: {
        says: 'There is no Zendesk API at this address',
        cure: ({ host }) => `check \`subdomain\` (and \`base-url\`): ${host} does not answer as a Zendesk account does, which happens with a misspelt, renamed or closed account, and with a login page in front of it`
    },
    redirect: {
        says: 'The server answered with a redirect, which is never followed',
        cure: ({ answer, origin }) => `it points to ${hostOf(answer?.location, origin)}; check \`subdomain\` and \`base-url\`, for a credential is sent only to the host that you name`
    },
    invalidClient: {
        says: 'Zendesk refused the OAuth client (invalid_client)',
        cure: ({ clientId, credential }) => [
            clientId.startsWith('zis_') && credential === 'client-secret'
                ? 'clients whose identifier begins with `zis_` cannot use `client-secret`: mint for them with `access-token`'
                : 'check that `client-secret` is set for a confidential client, is the secret of this client, copied whole, and that `token-endpoint-auth-method` is right',
            /^\d+$/.test(clientId)
                ? '; `client-id` is a number, but this credential wants the unique identifier'
                : '; `client-id` has to be the unique identifier of the client in this account, not its name or number'
        ].join('')
    },
    unauthorizedClient: {
        says: 'Zendesk does not let this OAuth client use this grant (unauthorized_client)',
        cure: ({ credential }) => credential === 'client-secret'
            ? 'only confidential clients can use `client-secret`, and this one is public: make it confidential in Admin Center, or use another credential'
            : 'allow this grant for the client in Admin Center, or use another client'
    },
    invalidScope: {
        says: 'Zendesk refused the scopes (invalid_scope)',
        cure: ({ purpose }) => purpose === HELPER_PURPOSE
            ? 'allow `read` and `write` in the allowed scopes of the client in Admin Center, which a helper token needs'
            : 'ask in `scopes` only for what the allowed scopes of the client list in Admin Center, or widen them there'
    },
    invalidGrant: {
        says: 'Zendesk refused the grant (invalid_grant)',
        cure: ({ credential, afterLostReply }) => [
            credential === 'refresh-token'
                ? 'the refresh token has been used, has been revoked or has expired: store the `refresh-token` output after each run, never let two runs share one, and start again with a code'
                : 'an authorization code works once and for 120 seconds, and only with the `redirect-uri`, `code-verifier` and client that it was asked for with: get another',
            afterLostReply === true
                ? ' (a reply was lost before this one: the first try was probably carried out, and used it up)'
                : ''
        ].join('')
    },
    endpointGone: {
        says: 'Zendesk no longer mints tokens at this endpoint',
        cure: ({ clientId }) => `it was deprecated on 2026-08-26: use \`client-secret\` in place of \`api-token\` or \`access-token\` (if other workflows can still mint, check instead that client ${quote(clientId)} exists)`
    },
    rateLimit: {
        says: 'Zendesk limits the rate of requests',
        cure: ({ answer }) => answer?.unfitting === undefined
            ? 'start fewer jobs at once, or raise `timeout-seconds`'
            : `it asks to wait ${Math.ceil(answer.unfitting)} s, which does not fit into the time that this step has left: raise \`timeout-seconds\`, or start fewer jobs at once`
    },
    outage: {
        says: 'Zendesk is not working at the moment',
        cure: ({ answer }) => answer?.unfitting === undefined
            ? 'see https://status.zendesk.com, and run the job again later'
            : `it asks to wait ${Math.ceil(answer.unfitting)} s, which does not fit into the time that this step has left: see https://status.zendesk.com, and run the job again later`
    },
    unusableReply: {
        says: 'Zendesk answered with something that cannot be used',
        cure: () => 'run the job again; if it stays so, something between here and Zendesk may be changing its replies'
    },
    unexpected: {
        says: 'Zendesk refused the request',
        cure: () => 'check the inputs of this step against what Zendesk says'
    },
    dns: {
        says: 'The host name could not be found (DNS)',
        cure: ({ host }) => `check \`subdomain\` (and \`base-url\`): ${host}, and the name server of the runner`
    },
    certificate: {
        says: 'The certificate of the server is not trusted (TLS)',
        cure: () => 'where a proxy of your own opens TLS, give its CA to the runner in `NODE_EXTRA_CA_CERTS`; else check `base-url`, for somebody may be listening'
    },
    tls: {
        says: 'No secure connection could be made (TLS)',
        cure: ({ host }) => `check \`base-url\` and what stands between the runner and ${host}`
    },
    connection: {
        says: 'The server could not be reached',
        cure: ({ host }) => `check that the runner may connect to ${host}; behind a proxy set \`https_proxy\``
    },
    proxy: {
        says: 'The proxy could not be reached',
        cure: () => 'check `https_proxy` and `http_proxy` of the runner, and that the proxy works'
    },
    proxyRefused: {
        says: 'The proxy refused the connection',
        cure: ({ host, unanswered }) => unanswered?.code === '407'
            ? 'it wants a user name and a password: write them into `https_proxy` as http://user:password@host:port'
            : `allow ${host} in the proxy, or name it in \`no_proxy\``
    },
    proxyUnreadable: {
        says: 'The address of the proxy cannot be read',
        cure: ({ unanswered }) => `write \`${unanswered?.code ?? ''}\` as http://host:port, with a user name and a password percent-encoded before the host where it needs them`
    },
    brokenOff: {
        says: 'The connection broke before the reply was complete',
        cure: ({ host }) => `run the job again; if it stays so, check what stands between the runner and ${host}`
    },
    tooLarge: {
        says: 'The reply is larger than 1 MiB, and was not read',
        cure: () => 'check `subdomain` and `base-url`: no reply of Zendesk is that long'
    },
    unsendable: {
        says: 'The request could not be sent',
        cure: () => 'a value in it has characters that HTTP does not allow: check the inputs of this step'
    },
    timeout: {
        says: 'There was no reply in time',
        cure: () => 'see https://status.zendesk.com, run the job again, or raise `timeout-seconds`'
    },
    budget: {
        says: 'The time of this step is over',
        cure: ({ seconds }) => `it had ${seconds ?? 0} s for all requests, waits and retries: raise \`timeout-seconds\`, or see https://status.zendesk.com`
    },
    cancelled: {
        says: 'The job was cancelled',
        cure: () => 'nothing more was started'
    }
};
const BY_REASON = {
    dns: 'dns',
    certificate: 'certificate',
    tls: 'tls',
    connection: 'connection',
    proxy: 'proxy',
    'proxy refused': 'proxyRefused',
    'proxy unreadable': 'proxyUnreadable',
    'broken off': 'brokenOff',
    'too large': 'tooLarge',
    timeout: 'timeout',
    cancelled: 'cancelled',
    unsendable: 'unsendable'
};
const BY_CODE = new Map([
    ['invalid_client', 'invalidClient'],
    ['unauthorized_client', 'unauthorizedClient'],
    ['invalid_scope', 'invalidScope'],
    ['invalid_grant', 'invalidGrant']
]);
/** Which of {@link ERRORS} a complete reply is that is not the one hoped for. */
function kindOf(answer, { call, deprecatedMint }) {
    const { status, json, html } = answer;
    const code = BY_CODE.get(errorCode(json));
    if (code !== undefined)
        return code;
    if (status >= 300 && status < 400)
        return 'redirect';
    if (status === 401)
        return 'credentialsRefused';
    if (status === 403)
        return 'forbidden';
    if (status === 429)
        return 'rateLimit';
    if (status === 408 || status >= 500)
        return 'outage';
    if (deprecatedMint === true && (status === 410 || (status === 404 && json !== undefined)))
        return 'endpointGone';
    if (html || (status === 404 && call.method !== 'DELETE'))
        return 'subdomainUnknown';
    if (status < 300)
        return 'unusableReply';
    if (status === 422 && deprecatedMint === true && !/scope/i.test(String(wordsOf(json))))
        return 'clientUnknown';
    return 'unexpected';
}
/**
 * The error to throw where a request failed, as one sentence: what failed, at which host, Zendesk's own words, the
 * likely cause and what to do.
 *
 * @param outcome the reply that was not hoped for, or what was thrown in place of one
 * @returns an error of ours; `outcome` itself where it is none that a request can have
 */
function explain(outcome, circumstances, kind) {
    const host = new URL(circumstances.origin).host;
    const told = { ...circumstances, host };
    if (outcome instanceof BudgetSpent)
        return sentence('budget', { ...told, seconds: outcome.seconds }, '');
    if (outcome instanceof Cancelled)
        return sentence('cancelled', told, '');
    if (outcome instanceof Unanswered) {
        const code = outcome.code === '' ? '' : ` (${outcome.code})`;
        return sentence(BY_REASON[outcome.reason], { ...told, unanswered: outcome }, code);
    }
    if (outcome instanceof Error)
        return outcome;
    const answer = outcome;
    const words = wordsOf(answer.json);
    const said = kind === 'clientUnknown' ? '' : ` answered ${answer.status}${words === undefined ? '' : ` ("${words}")`}`;
    return sentence(kind ?? kindOf(answer, circumstances), { ...told, answer }, said);
}
/** What an error says, as a part of a longer sentence. */
function reasonOf(error) {
    return (error instanceof Error ? error.message : String(error)).replace(/\.$/, '');
}
function sentence(kind, told, said) {
    const { says, cure } = ERRORS[kind];
    const { purpose, call, host } = told;
    const path = call.path.replace(/\?.*/s, '');
    const message = `Could not ${purpose}: ${says}: ${call.method} ${path} at ${host}${said}; ${cure(told)}.`;
    return new ZendeskError(message, kind);
}
function hostOf(location, origin) {
    const url = location !== undefined && URL.canParse(location, origin) ? new URL(location, origin) : undefined;
    return quote(url?.host ?? '') || 'a place that it does not name';
}

;// CONCATENATED MODULE: ./src/zendesk/pages.ts





/**
 * Reads a list page by page (cursor pagination, 100 a page). Only the cursor of a reply is used, never a URL of it,
 * so that no server can send the credential elsewhere.
 *
 * @param path the path of the list, with its query if it has one
 * @param key under which a page holds its items
 * @throws {ZendeskError} where a page is refused, is no page, or its cursor is missing or was seen before
 */
async function* pages(session, path, key, authorization, about) {
    const seen = new Set();
    const first = `${path}${path.includes('?') ? '&' : '?'}page[size]=100`;
    for (let after = '';;) {
        const call = { method: 'GET', path: first + after, authorization };
        const circumstances = { ...about, call };
        let answer;
        try {
            answer = await session.send(call);
        }
        catch (error) {
            throw explain(error, circumstances);
        }
        const page = object(answer.json);
        if (answer.status !== 200)
            throw explain(answer, circumstances);
        if (!Array.isArray(page[key]))
            throw explain(answer, circumstances, answer.html ? undefined : 'unusableReply');
        yield { items: list(page[key]), answer };
        const meta = object(page['meta']);
        const more = meta['has_more'] ?? false;
        if (more === false)
            return;
        const cursor = error_response_text(meta['after_cursor']);
        if (more !== true || cursor === undefined || /\p{Cs}/u.test(cursor) || seen.has(cursor))
            throw explain(answer, circumstances, 'unusableReply');
        seen.add(cursor);
        after = `&page[after]=${encodeURIComponent(cursor)}`;
    }
}

;// CONCATENATED MODULE: ./src/zendesk/clients.ts






const CLIENTS = '/api/v2/oauth/clients';
/**
 * The numeric id of the client that `clientId` names: itself where it is all digits, else from the list of clients,
 * since Zendesk has no look-up by identifier (https://developer.zendesk.com/api-reference/ticketing/oauth/oauth_clients/).
 *
 * @throws {ZendeskError} where no client has that identifier, or the list cannot be read
 */
async function numericClientId(session, authorization, about) {
    if (/^\d+$/.test(about.clientId))
        return Number(about.clientId);
    const circumstances = { ...about, purpose: 'look up the client' };
    let last;
    for await (const { items, answer } of pages(session, CLIENTS, 'clients', authorization, circumstances)) {
        const client = items.map(object).find(({ identifier }) => identifier === about.clientId);
        const id = usableId(client?.['id']);
        if (id !== undefined)
            return id;
        last = answer;
    }
    throw explain(last, { ...circumstances, call: { method: 'GET', path: CLIENTS } }, 'clientUnknown');
}

;// CONCATENATED MODULE: ./src/zendesk/grants.ts



/**
 * The request that exchanges a credential for an access token: RFC 6749 §4.1.3 (a code, with RFC 7636 for its
 * verifier), §4.4.2 (client credentials) and §6 (a refresh token), as JSON, at `/oauth/tokens` and not below
 * `/api/v2` (https://developer.zendesk.com/api-reference/ticketing/oauth/grant_type_tokens/). The client's secret
 * travels in the body or in the header, never in both.
 */
function exchangeGrant(grant, { clientId, scopes, expiresIn }) {
    const { clientSecret, authMethod } = grant;
    const basic = clientSecret !== undefined && authMethod === 'client_secret_basic';
    const body = {
        ...parametersOf(grant),
        client_id: clientId,
        client_secret: basic ? undefined : clientSecret?.reveal(),
        scope: scopes.length > 0 ? scopes.join(' ') : undefined,
        expires_in: expiresIn
    };
    return {
        method: 'POST',
        path: '/oauth/tokens',
        authorization: basic ? new Secret(`Basic ${clientBasic(clientId, clientSecret.reveal())}`) : undefined,
        body: new Secret(JSON.stringify(body))
    };
}
function parametersOf(grant) {
    switch (grant.kind) {
        case 'client-secret':
            return { grant_type: 'client_credentials' };
        case 'authorization-code':
            return {
                grant_type: 'authorization_code',
                code: grant.code.reveal(),
                redirect_uri: grant.redirectUri,
                code_verifier: grant.codeVerifier?.reveal()
            };
        case 'refresh-token':
            return { grant_type: 'refresh_token', refresh_token: grant.refreshToken.reveal() };
    }
}

;// CONCATENATED MODULE: ./src/lib/time.ts
/** A time in ISO 8601, UTC, to the second, such as `2027-04-30T12:00:00Z`; empty for a time that no calendar has. */
function isoTime(ms) {
    const date = new Date(ms);
    return Number.isNaN(date.getTime()) ? '' : date.toISOString().replace(/\.\d{3}Z$/, 'Z');
}
/** The time of day in UTC, such as `14:03 UTC`. */
function timeOfDay(ms) {
    return `${isoTime(ms).slice(11, 16)} UTC`;
}
const UNITS = [
    ['day', 86_400],
    ['hour', 3600],
    ['minute', 60],
    ['second', 1]
];
/** A length of time in words, such as `1 hour 30 minutes`: its largest unit, and the next smaller one. */
function duration(seconds) {
    const whole = Math.round(seconds);
    const largest = UNITS.findIndex(([, length]) => whole >= length);
    if (largest === -1)
        return '0 seconds';
    let left = whole;
    const parts = UNITS.slice(largest, largest + 2).map(([unit, length]) => {
        const count = Math.floor(left / length);
        left -= count * length;
        return count === 0 ? '' : `${count} ${unit}${count === 1 ? '' : 's'}`;
    });
    return parts.filter(Boolean).join(' ');
}

;// CONCATENATED MODULE: ./src/zendesk/lost-response.ts



/** Remembers that a mint may have been carried out without a usable reply, and tells so once. */
class LostReply {
    clientId;
    expiresIn;
    /** When the first such request was sent, in milliseconds since 1970. */
    sentAt;
    #told = false;
    /**
     * @param clientId the client of the token that may exist
     * @param expiresIn the lifetime in seconds that was asked for; `undefined` where none could be
     */
    constructor(clientId, expiresIn) {
        this.clientId = clientId;
        this.expiresIn = expiresIn;
    }
    /** What a request has to be sent with, for `say` to be called before the retry that follows a lost reply. */
    watch(say) {
        return {
            onLostReply: (sentAt) => {
                this.sentAt ??= sentAt;
            },
            beforeRetry: () => {
                this.tell(say);
            }
        };
    }
    /** Calls `say` with a sentence on the token that may exist, if there is one and it was not called before. */
    tell(say) {
        if (this.sentAt === undefined || this.#told)
            return;
        this.#told = true;
        const end = this.expiresIn === undefined ? 'does not expire by itself' : `expires after ${duration(this.expiresIn)}`;
        const since = timeOfDay(this.sentAt);
        say(`An unused token of client ${quote(this.clientId)} may exist since ${since}; it ${end}, and \`sweep\` removes it.`);
    }
}

;// CONCATENATED MODULE: ./src/zendesk/token-response.ts




/** Reads the reply to a mint with the given kind of credential; wrong types are as if not told. */
function readMintReply(json, credential) {
    const reply = object(json);
    if (isAdmin(credential)) {
        const token = object(reply['token']);
        return {
            token: usableToken(token['full_token']),
            refreshToken: usableRefreshToken(token['refresh_token']),
            facts: tokenFacts(token),
            expiresIn: undefined
        };
    }
    return {
        token: usableToken(reply['access_token']),
        refreshToken: usableRefreshToken(reply['refresh_token']),
        facts: {
            id: undefined,
            clientId: undefined,
            userId: undefined,
            scopes: scopesOf(reply['scope']),
            expiresAt: undefined,
            createdAt: undefined
        },
        // Seconds are numbers like ids: positive, whole, and small enough to reckon with.
        expiresIn: usableId(reply['expires_in'])
    };
}
/** The tokens in a reply to a mint, which are to be masked before anything is said of it. */
function secretsIn(json, credential) {
    const { token, refreshToken } = readMintReply(json, credential);
    return [token, refreshToken].filter((secret) => secret !== undefined);
}
/** Any visible text: a refresh token that is not handed over is lost, so nothing more is asked of its form. */
function usableRefreshToken(value) {
    return typeof value === 'string' && /^[\x21-\x7e]{1,8192}$/.test(value) ? new Secret(value) : undefined;
}

;// CONCATENATED MODULE: ./src/request-token.ts














/** Milliseconds that a mint in flight is given to answer after the job was cancelled. */
const GRACE = 6000;
/**
 * Asks Zendesk for the token, after looking up the client where that is needed, and masks what comes. A mint whose
 * reply was lost is tried again, with a warning that the first try may have left a token behind.
 *
 * @returns a reply that holds a token
 * @throws {ZendeskError} where there was none
 */
async function askForToken(session, inputs, about, log) {
    const { credential } = inputs;
    const call = await mintCall(session, inputs, about);
    const circumstances = { ...about, call, purpose: 'mint a token', deprecatedMint: isAdmin(credential) };
    const lost = new LostReply(inputs.clientId, inputs.expiresIn);
    let answer;
    try {
        answer = await session.send(call, {
            grace: GRACE,
            onReply: ({ json }) => {
                for (const secret of secretsIn(json, credential))
                    log.mask(secret.reveal());
            },
            ...lost.watch((note) => {
                log.warning(`The reply to a mint was lost. ${note}`);
            })
        });
    }
    catch (error) {
        throw withNote(explain(error, circumstances), lost);
    }
    const reply = readMintReply(answer.json, credential);
    const { token, refreshToken } = reply;
    if (answer.status < 300 && token !== undefined) {
        return { reply, token, serverTime: answer.date ?? session.budget.world.now() };
    }
    // A refresh token replaces the one that was sent, so it is handed over even where the rest cannot be used.
    if (refreshToken !== undefined && comesInPairs(credential))
        setSecretOutput('refresh-token', refreshToken);
    const failure = explain(answer, { ...circumstances, afterLostReply: lost.sentAt !== undefined });
    const isRefusal = errorCode(answer.json) !== undefined;
    if (answer.status < 300 && !isRefusal && !(await dropUnusable(session, credential, reply.facts.id, log))) {
        lost.sentAt ??= session.budget.world.now();
    }
    throw withNote(failure, lost);
}
async function mintCall(session, inputs, about) {
    const { credential, scopes } = inputs;
    if (!isAdmin(credential))
        return exchangeGrant(credential, inputs);
    return createToken(credential, await numericClientId(session, adminAuthorization(credential), about), scopes);
}
/** Revokes a token that was created, but told in a way that nobody can use; tells whether that was possible. */
async function dropUnusable(session, credential, id, log) {
    if (id === undefined || !isAdmin(credential))
        return false;
    try {
        const { status } = await session.send(revokeToken(id, adminAuthorization(credential)));
        if (status >= 300)
            return false;
        log.info(`Zendesk created token ${id}, but its reply held no usable token, so it was revoked at once.`);
        return true;
    }
    catch {
        return false;
    }
}
/** The error, with the note on a lost reply behind it where that has not been told yet. */
function withNote(error, lost) {
    let noted = error;
    lost.tell((note) => {
        if (error instanceof ZendeskError)
            noted = new ZendeskError(`${error.message} ${note}`, error.kind);
    });
    return noted;
}

;// CONCATENATED MODULE: ./src/zendesk/minted-token.ts




/**
 * What is known of a token from the reply that it came in.
 *
 * @param asked the scopes and the lifetime in seconds that were asked for, which stand where the reply tells none
 * @param clocks this machine's and Zendesk's time of the mint, in milliseconds since 1970
 */
function mintedToken({ facts, expiresIn }, token, asked, clocks) {
    const lifetime = expiresIn ?? asked.expiresIn;
    const minted = {
        token,
        id: facts.id,
        clientId: facts.clientId,
        userId: facts.userId,
        granted: facts.scopes,
        scopes: facts.scopes ?? asked.scopes,
        mintedAt: clocks.now,
        serverTime: clocks.serverTime,
        lifetime,
        expiresAt: lifetime === undefined ? '' : isoTime(clocks.now + lifetime * 1000)
    };
    setExpiry(minted, facts, expiresIn);
    return minted;
}
/** Adds what Zendesk told when the token was used for the first time. */
function learn(minted, facts, { expiresIn }) {
    minted.id = facts.id ?? minted.id;
    minted.clientId = facts.clientId ?? minted.clientId;
    minted.userId = facts.userId ?? minted.userId;
    minted.granted ??= facts.scopes;
    minted.scopes = minted.granted ?? minted.scopes;
    if (facts.expiresAt === null && expiresIn === undefined) {
        minted.lifetime = undefined;
        minted.expiresAt = '';
    }
    setExpiry(minted, facts, expiresIn);
}
/**
 * Takes over an expiry that Zendesk told. The lifetime is what the mint's reply told in seconds, else the span between
 * two times of Zendesk's own clock; where that makes no sense, the token counts as one that never expires, so that it
 * is revoked in any case.
 */
function setExpiry(minted, { expiresAt, createdAt }, expiresIn) {
    if (expiresAt === null || expiresAt === undefined)
        return;
    const span = (expiresAt - (createdAt ?? minted.serverTime)) / 1000;
    minted.expiresAt = isoTime(expiresAt);
    minted.lifetime = expiresIn ?? (span > 0 ? span : undefined);
}

;// CONCATENATED MODULE: ./src/runner/summary.ts



/** GitHub drops a summary of more than 1 MiB whole; this leaves room for what other actions write. */
const SIZE_LIMIT = 900_000;
/** Adds a table to the job summary. A summary that cannot be written is worth a line in the log, no more. */
async function writeSummary({ title, lines = [], head, rows }, log) {
    const shown = [head.map((data) => ({ data: summary_escape(data), header: true }))];
    let size = 0;
    for (const row of rows) {
        const cells = row.map((data) => ({ data: summary_escape(data), header: false }));
        size += Buffer.byteLength(JSON.stringify(cells));
        if (size > SIZE_LIMIT)
            break;
        shown.push(cells);
    }
    try {
        summary.addHeading(summary_escape(title), 3);
        for (const line of lines)
            summary.addRaw(`<p>${summary_escape(line)}</p>`, true);
        await summary.addTable(shown).write();
    }
    catch (error) {
        log.info(`The job summary could not be written: ${error.message}`);
    }
}
function summary_escape(text) {
    const entities = {
        '&': '&amp;',
        '<': '&lt;',
        '>': '&gt;',
        '"': '&quot;',
        "'": '&#39;'
    };
    return quote(text).replace(/[&<>"']/g, (character) => String(entities[character]));
}

;// CONCATENATED MODULE: ./src/token-report.ts




/*
 * A token in words, for the log and the job summary of main and post.
 */
/** `Token 123`, or what to call a token whose id Zendesk did not tell. */
function nameOf({ id }) {
    return `Token ${id ?? '(id unknown)'}`;
}
/** When a token dies without being revoked. */
function ownEnd({ expiresAt }) {
    return expiresAt === '' ? 'it does not expire by itself' : `it expires by itself at ${expiresAt}`;
}
/** The line that ends the main step. */
function mintedMessage(minted, isRevoked) {
    const { granted = [], lifetime } = minted;
    const life = lifetime === undefined ? ownEnd(minted) : `it lives ${duration(lifetime)}`;
    const end = isRevoked ? 'is revoked when the job ends' : 'is left alive when the job ends';
    return `${nameOf(minted)} minted, with the scopes ${quote(granted.join(' ')) || 'that Zendesk did not tell'}; ${life}, and ${end}.`;
}
/** The job summary of a token: in main what it is, in post what became of it. */
function tokenTable(title, minted, origin, outcome) {
    return {
        title,
        head: ['Account', 'Token', 'User', 'Scopes', 'Expires', 'State'],
        rows: [
            [
                new URL(origin).host,
                String(minted.id ?? 'unknown'),
                String(minted.userId ?? 'unknown'),
                minted.scopes.join(' ') || '(not told)',
                minted.expiresAt || 'never',
                outcome
            ]
        ]
    };
}

;// CONCATENATED MODULE: external "node:crypto"
const external_node_crypto_namespaceObject = require("node:crypto");
;// CONCATENATED MODULE: ./src/runner/state.ts







/*
 * What main leaves for post. The file behind it stays readable to every later step of the job, so it holds the
 * token, which those steps are given anyway, and never a credential.
 */
const KEY = 'zendesk';
/** The part of a credential that post may need, as one text; empty for a code or a refresh token, which are used up. */
function credentialText(credential) {
    switch (credential.kind) {
        case 'api-token':
            return `${credential.email}:${credential.apiToken.reveal()}`;
        case 'access-token':
            return credential.accessToken.reveal();
        case 'client-secret':
            return credential.clientSecret.reveal();
        case 'authorization-code':
        case 'refresh-token':
            return '';
    }
}
/** A fingerprint of a credential, or with a known `salt` the one to compare it with. */
function fingerprintOf(credential, salt = (0,external_node_crypto_namespaceObject.randomBytes)(16).toString('hex')) {
    return { salt, hash: (0,external_node_crypto_namespaceObject.createHash)('sha256').update(`${salt}:${credential}`).digest('hex') };
}
/** Saves the state, in place of what was saved before. */
function save(state) {
    const saved = 'skipped' in state ? state : { ...state, minted: { ...state.minted, token: state.minted.token.reveal() } };
    saveState(KEY, JSON.stringify(saved));
}
/** The state that main saved; `undefined` where there is none, or any part of it is missing or of the wrong type. */
function load() {
    let saved;
    try {
        saved = object(JSON.parse(process.env[`STATE_${KEY}`] ?? ''));
    }
    catch {
        return undefined;
    }
    const { skipped } = saved;
    if (skipped === 'true' || skipped === 'auto')
        return { skipped };
    const minted = loadToken(object(saved['minted']));
    const context = loadContext(object(saved['context']));
    return minted && context && { minted, context };
}
function loadToken(saved) {
    const token = usableToken(saved['token']);
    const { mintedAt, serverTime, lifetime, expiresAt } = saved;
    if (token === undefined || !Array.isArray(saved['scopes']))
        return undefined;
    if (!isNumber(mintedAt) || !isNumber(serverTime) || typeof expiresAt !== 'string')
        return undefined;
    return {
        token,
        id: usableId(saved['id']),
        clientId: usableId(saved['clientId']),
        userId: usableId(saved['userId']),
        granted: undefined,
        scopes: scopesOf(saved['scopes']) ?? [],
        mintedAt,
        serverTime,
        lifetime: isNumber(lifetime) ? lifetime : undefined,
        expiresAt
    };
}
function loadContext(saved) {
    const { origin, timeoutSeconds, jobSummary } = saved;
    const { id, authMethod } = object(saved['client']);
    const { salt, hash } = object(saved['fingerprint']);
    const credential = CREDENTIAL_KINDS.find((kind) => kind === saved['credential']);
    const method = AUTH_METHODS.find((known) => known === authMethod);
    if (credential === undefined || method === undefined || !isNumber(timeoutSeconds))
        return undefined;
    if ([origin, id, salt, hash].map(error_response_text).includes(undefined) || readOrigin(origin) !== origin)
        return undefined;
    return {
        origin: origin,
        timeoutSeconds,
        jobSummary: jobSummary === true,
        credential,
        client: { id: id, authMethod: method },
        fingerprint: { salt: salt, hash: hash }
    };
}
function isNumber(value) {
    return typeof value === 'number' && Number.isFinite(value);
}

;// CONCATENATED MODULE: ./src/zendesk/cleanup-token.ts












/** Milliseconds to revoke the helper in where the job is cancelled, or the time for the work is over. */
const CLOSING_TIME = 4000;
/**
 * Mints a helper token by the client credentials grant, works with it, and revokes it, whatever the work came to.
 *
 * @throws {ZendeskError} where Zendesk gives no helper, and what `work` throws
 */
async function withHelper(session, terms, work) {
    const token = await mintHelper(session, terms);
    const authorization = bearer(token);
    let id;
    try {
        const current = await session.send(currentToken(token)).catch(unlessStopped);
        const facts = tokenFacts(object(current?.json)['token']);
        id = facts.id;
        return await work({ authorization, facts });
    }
    finally {
        await revokeHelper(session, authorization, id, terms);
    }
}
async function mintHelper(session, { credential, about, lifetime, mask, onLeftOver }) {
    const { clientId } = about;
    const call = exchangeGrant(credential, { clientId, scopes: ['read', 'write'], expiresIn: lifetime });
    const circumstances = { ...about, credential: credential.kind, purpose: HELPER_PURPOSE, call };
    const lost = new LostReply(clientId, lifetime);
    const answer = await session
        .send(call, {
        grace: CLOSING_TIME,
        onReply: ({ json }) => {
            for (const secret of secretsIn(json, credential))
                mask(secret.reveal());
        },
        ...lost.watch((note) => {
            onLeftOver(`The reply to the mint of a helper token was lost. ${note}`);
        })
    })
        .catch((error) => {
        throw explain(error, circumstances);
    });
    const { token } = readMintReply(answer.json, credential);
    if (token === undefined || answer.status >= 300)
        throw explain(answer, circumstances);
    return token;
}
async function revokeHelper(session, authorization, id, { lifetime, onLeftOver }) {
    const call = revokeToken(id ?? 'current', authorization);
    const inClosingTime = (error) => {
        // Without an answer as well: the time may have ended while one was under way.
        const isOver = error instanceof Cancelled || session.budget.remaining() <= 0;
        if (!isOver)
            throw error;
        return session.fork(session.budget.closing(CLOSING_TIME)).send(call);
    };
    let why;
    try {
        const { status } = await session.send(call).catch(inClosingTime);
        if (status < 300 || status === 401 || (status === 404 && id !== undefined))
            return;
        why = `Zendesk answered ${status}`;
    }
    catch (error) {
        why = reasonOf(error);
    }
    onLeftOver(`The helper token ${id ?? '(id unknown)'} could not be revoked (${why}); it expires by itself within ${duration(lifetime)}; to remove it sooner, send DELETE ${session.origin}/api/v2/oauth/tokens/${id ?? '{id}'} as an admin.`);
}
/** Lets pass that there was no answer, but not that there is no time for one. */
function unlessStopped(error) {
    if (!(error instanceof Unanswered))
        throw error;
}

;// CONCATENATED MODULE: ./src/zendesk/revocation.ts









const HELPER_LIFETIME = 600;
/** Milliseconds to wait before asking again whether a revoked token is dead. */
const PROOF_PAUSES = [1000, 3000];
/** Milliseconds between the mint and the creation of a token that can be the one that was minted. */
const SAME_MOMENT = 60_000;
/**
 * Revokes a token and proves that it is dead, one way after the other: with the credential by id, with the token
 * itself by id and as the current one, and with a helper token. Zendesk has answered 204 to a `DELETE` of the current
 * token without revoking it, so only a 401 to the token itself counts as proof.
 */
async function revokeAndProve(session, target, means) {
    const obstacles = [];
    try {
        for (const way of waysTo(session, target, means)) {
            const attempt = await way();
            if ('end' in attempt)
                return attempt;
            obstacles.push(attempt);
        }
    }
    catch (error) {
        if (!(error instanceof Cancelled || error instanceof BudgetSpent))
            throw error;
        // That the time is over tells less than what it was spent on.
        const before = error instanceof BudgetSpent ? obstacles.at(-1)?.why : undefined;
        obstacles.push({ why: before ?? reasonOf(error), scope: false });
    }
    const why = obstacles.map((obstacle) => obstacle.why).at(-1);
    return { end: 'alive', why: String(why), scopeOnly: obstacles.every(({ scope }) => scope) };
}
function waysTo(session, target, means) {
    const { credential, about } = means;
    const { id } = target;
    const own = bearer(target.token);
    const ways = [];
    if (id !== undefined) {
        if (credential !== undefined && isAdmin(credential)) {
            const admin = adminAuthorization(credential);
            ways.push(() => attempt(session, target, id, { authorization: admin, own: false }, about));
        }
        ways.push(() => attempt(session, target, id, { authorization: own, own: true }, about));
    }
    ways.push(() => attempt(session, target, 'current', { authorization: own, own: true }, about));
    if (credential?.kind === 'client-secret') {
        ways.push(async () => {
            const terms = { ...means, credential, lifetime: HELPER_LIFETIME };
            try {
                return await withHelper(session, terms, (helper) => attemptWithHelper(session, target, helper, about));
            }
            catch (error) {
                if (!(error instanceof ZendeskError))
                    throw error;
                return { why: reasonOf(error), scope: error.kind === 'invalidScope' || error.kind === 'forbidden' };
            }
        });
    }
    return ways;
}
async function attempt(session, target, id, by, about) {
    const call = revokeToken(id, by.authorization);
    const credential = by.own ? 'access-token' : about.credential;
    const circumstances = { ...about, credential, call, purpose: 'revoke the token' };
    try {
        const answer = await session.send(call);
        const { status } = answer;
        if (by.own && status === 401)
            return { end: 'dead' };
        const taken = (status >= 200 && status < 300) || (status === 404 && id !== 'current');
        if (taken)
            return await prove(session, target.token, about);
        const why = reasonOf(explain(answer, circumstances));
        // Whoever is asked to wait longer than there is time does not go on asking in other ways.
        if (answer.unfitting !== undefined)
            return { end: 'alive', why, scopeOnly: false };
        return { why, scope: status === 403 };
    }
    catch (error) {
        if (!(error instanceof Unanswered))
            throw error;
        return { why: reasonOf(explain(error, circumstances)), scope: false };
    }
}
async function attemptWithHelper(session, target, helper, about) {
    const id = target.id ?? (await find(session, target, helper, about));
    if (id === undefined)
        return { why: 'its id is not known, and no token in the list is certainly this one', scope: false };
    return attempt(session, target, id, { authorization: helper.authorization, own: false }, about);
}
/** Asks with the token until it is refused: 401 is the proof. */
async function prove(session, token, about) {
    const call = currentToken(token);
    const circumstances = {
        ...about,
        call,
        credential: 'access-token',
        purpose: 'verify that the token is dead'
    };
    let alive = false;
    try {
        for (const pause of [...PROOF_PAUSES, undefined]) {
            const answer = await session.send(call);
            const { status } = answer;
            if (status === 401)
                return { end: 'dead' };
            if (status !== 200 && status !== 403)
                return { end: 'unverified', why: reasonOf(explain(answer, circumstances)) };
            alive = true;
            if (pause !== undefined)
                await session.pause(pause);
        }
    }
    catch (error) {
        if (!alive || error instanceof Unanswered)
            return { end: 'unverified', why: reasonOf(explain(error, circumstances)) };
    }
    return { why: 'Zendesk reported the token as revoked, but it still works', scope: false };
}
/**
 * The id of the token, from the list of its user's tokens: the only one of the same client, user, scopes and first
 * ten characters that was created within a minute of the mint. All JWTs begin alike, so none of them is looked for.
 */
async function find(session, { token, scopes, serverTime }, { authorization, facts }, about) {
    const prefix = token.reveal().slice(0, 10);
    if (prefix.startsWith('eyJ') || facts.clientId === undefined || facts.userId === undefined)
        return undefined;
    const wanted = [...scopes].sort().join(' ');
    const path = tokensOf(facts.clientId, false);
    const matches = [];
    const circumstances = { ...about, purpose: 'find the token' };
    for await (const { items } of pages(session, path, 'tokens', authorization, circumstances)) {
        for (const item of items.map(tokenFacts)) {
            const isIt = item.prefix === prefix &&
                item.clientId === facts.clientId &&
                item.userId === facts.userId &&
                item.scopes !== undefined &&
                [...item.scopes].sort().join(' ') === wanted &&
                item.createdAt !== undefined &&
                Math.abs(item.createdAt - serverTime) <= SAME_MOMENT;
            if (isIt)
                matches.push(item.id);
        }
    }
    return matches.length === 1 ? matches[0] : undefined;
}

;// CONCATENATED MODULE: ./src/publish-token.ts











/**
 * Tells post what to revoke, and then the later steps what was minted: in this order, so that whatever fails
 * afterwards leaves nothing behind. Called again when more is known of the token.
 *
 * @throws {Error} where the runner's files cannot be written; a token that post cannot be told of is revoked at once
 */
async function handOver(minted, reply, inputs, session, about, log) {
    if (isRevoked(inputs, reply)) {
        try {
            save({ minted, context: contextOf(inputs) });
        }
        catch (error) {
            throw await revokeAtOnce(minted, inputs, session, about, log, error);
        }
    }
    else {
        saveSkipped(inputs.skipRevoke === 'true' ? 'true' : 'auto');
    }
    setSecretOutput('token', minted.token);
    setSecretOutput('refresh-token', comesInPairs(inputs.credential) ? reply.refreshToken : undefined);
    setOutputs({
        'token-id': minted.id,
        'client-id': minted.clientId ?? inputs.clientId,
        'user-id': minted.userId,
        scopes: minted.granted?.join(' '),
        'expires-at': minted.expiresAt,
        'base-url': inputs.origin
    });
}
/** Whether post is to revoke the token: with `auto` not where that would kill a refresh token that came with it. */
function isRevoked({ skipRevoke, credential }, { refreshToken }) {
    if (skipRevoke === 'auto')
        return !comesInPairs(credential) || refreshToken === undefined;
    return skipRevoke === 'false';
}
function contextOf({ credential, clientId, origin, timeoutSeconds, jobSummary }) {
    return {
        origin,
        timeoutSeconds,
        jobSummary,
        credential: credential.kind,
        client: { id: clientId, authMethod: isAdmin(credential) ? 'client_secret_post' : credential.authMethod },
        fingerprint: fingerprintOf(credentialText(credential))
    };
}
/** Tells post to do nothing, which is what it does as well where it cannot be told. */
function saveSkipped(skipped) {
    try {
        save({ skipped });
    }
    catch {
        // The outputs come next, and with them perhaps a refresh token that must not be lost.
    }
}
/** Revokes a token of which post cannot be told; returns the error that says so. */
async function revokeAtOnce(minted, { credential }, session, about, log, cause) {
    const means = { credential, about, mask: log.mask, onLeftOver: log.info };
    const outcome = await revokeAndProve(session, minted, means);
    const end = outcome.end === 'dead' ? 'was revoked at once' : `may still be alive (${outcome.why})`;
    return new Error(`The runner's state file could not be written (${cause.message}), so post could not have revoked the token: ${nameOf(minted)} ${end}; check the disk of the runner.`);
}

;// CONCATENATED MODULE: ./src/step.ts



/** Milliseconds that requests are given to end by themselves when the time of a step is over. */
const LAST_MOMENT = 250;
/**
 * Runs a step from its start to the end of the process, which comes when the step's work or its time is over,
 * whatever sockets and promises remain.
 *
 * @param story what the step does
 * @param failed says what went wrong, and returns the exit code
 */
async function runStep(host, { world, log }, story, failed) {
    const stop = prepare(host);
    let code = 0;
    try {
        await new Promise((resolve, reject) => {
            host.on('uncaughtException', reject);
            const budget = (seconds, reserve) => {
                const end = seconds * 1000 + LAST_MOMENT - world.elapsed();
                setTimeout(() => {
                    reject(new BudgetSpent(seconds));
                }, end);
                return new Budget(world, seconds, stop, reserve);
            };
            story({ world, log, budget }).then(resolve, reject);
        });
    }
    catch (error) {
        code = failed(error);
    }
    // On Windows a pipe is written to in the background: what was said has to be out before the process ends.
    await new Promise((resolve) => {
        host.stdout.write('', resolve);
    });
    host.exit(code);
}
/** Makes the process fit for a step; the signal that it returns is aborted when the runner cancels the job. */
function prepare(host) {
    const stop = new AbortController();
    for (const signal of ['SIGINT', 'SIGTERM']) {
        host.on(signal, () => {
            stop.abort();
        });
    }
    // A log that nobody reads any more is no reason to stop.
    host.stdout.on('error', () => undefined);
    // Node would print warnings to stderr, as of `Buffer()` in the `tunnel` package with a proxy's password.
    host.removeAllListeners('warning');
    // Whoever sets this wants the certificates of other tools not to matter; a credential is not sent that way.
    delete host.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    return stop.signal;
}

;// CONCATENATED MODULE: ./src/lib/version.ts
/** The version in `package.json`, to which a test holds it. */
const VERSION = '1.0.0';
/** What every request says of itself. */
const USER_AGENT = `create-zendesk-token/${VERSION}`;

;// CONCATENATED MODULE: ./src/inputs/mask-inputs.ts





/** The inputs that are secret. */
const SECRET_INPUTS = [
    'api-token',
    'access-token',
    'client-secret',
    'authorization-code',
    'code-verifier',
    'refresh-token'
];
/**
 * Masks the given secret inputs, the Basic headers made of them, and the passwords of proxies. This comes before
 * everything else that a step does, and before the inputs are known to be right.
 *
 * @param names all secret inputs, or in the post step only those of the credential that it was told to use
 * @param client for the Basic header of a client: its id, and how its secret travels
 */
function maskSecrets(log, names = SECRET_INPUTS, client = { id: getInput('client-id'), authMethod: getInput('token-endpoint-auth-method').toLowerCase() }) {
    const given = new Map(names.map((name) => [name, getInput(name)]));
    for (const secret of given.values())
        if (isMaskable(secret))
            log.mask(secret);
    const apiToken = given.get('api-token') ?? '';
    const email = adminEmail(getInput('email'));
    if (email !== '' && isMaskable(apiToken))
        log.mask(apiTokenBasic(email, apiToken));
    const clientSecret = given.get('client-secret') ?? '';
    if (client.authMethod === 'client_secret_basic' && isMaskable(clientSecret)) {
        log.mask(clientBasic(client.id, clientSecret));
    }
    proxyPasswords(process.env).forEach(log.mask);
}

;// CONCATENATED MODULE: ./src/zendesk/verify-token.ts







/** Milliseconds for the whole check. */
const CHECK_TIME = 10_000;
/** Milliseconds to wait after each 401: a token may take a moment to be known everywhere. */
const PAUSES = [500, 1000, 2000];
/**
 * Uses the new token once, to see that it works and to learn what the mint's reply does not tell.
 *
 * @returns what Zendesk tells of the token; neither where the token is too narrow to ask
 * @throws {ZendeskError} where Zendesk still refuses the token after four requests
 * @throws {Cancelled} where the job is cancelled
 */
async function checkToken(session, token, about) {
    const { budget } = session;
    const deadline = budget.world.elapsed() + CHECK_TIME;
    const call = currentToken(token);
    const refused = (answer) => {
        const circumstances = {
            ...about,
            call,
            credential: 'access-token',
            purpose: 'use the new token'
        };
        return explain(answer, circumstances, 'newTokenRefused');
    };
    const ask = () => session.send(call, { tries: 1, timeout: Math.max(1, deadline - budget.world.elapsed()) });
    let refusal;
    try {
        let answer = await ask();
        for (const pause of PAUSES) {
            if (answer.status !== 401)
                break;
            refusal = answer;
            await session.pause(pause);
            answer = await ask();
        }
        const { status, json } = answer;
        if (status === 401)
            throw refused(answer);
        if (status === 403 || status === 404)
            return {};
        const told = object(json)['token'];
        return status === 200 && told !== undefined
            ? { facts: tokenFacts(told) }
            : {
                unchecked: status === 200 ? 'Zendesk answered 200 without telling of a token' : `Zendesk answered ${status}`
            };
    }
    catch (error) {
        if (!(error instanceof Unanswered || error instanceof BudgetSpent))
            throw error;
        // A token that was refused a moment ago is not taken for a good one.
        if (refusal !== undefined)
            throw refused(refusal);
        return { unchecked: reasonOf(error) };
    }
}

;// CONCATENATED MODULE: ./src/main.ts

















/** When every API token stops working, as Zendesk announced on 2026-07-28, and when that is worth a warning. */
const API_TOKENS_END = Date.UTC(2027, 3, 30);
const WARN_BEFORE = 90 * 86_400_000;
/** The main step: mints a token, masks it, and hands it to the post step and to the later steps of the job. */
async function mint({ world, log, budget }) {
    maskSecrets(log);
    const inputs = readMintInputs();
    requireFiles('GITHUB_STATE', 'GITHUB_OUTPUT', ...(inputs.exportEnv ? ['GITHUB_ENV'] : []));
    inputs.warnings.forEach(log.warning);
    announceEnd(inputs.credential, world.now(), log);
    const { credential, origin, clientId } = inputs;
    const about = { origin, clientId, credential: credential.kind };
    const session = new Session(origin, USER_AGENT, budget(inputs.timeoutSeconds), log);
    const { reply, token, serverTime } = await askForToken(session, inputs, about, log);
    const minted = mintedToken(reply, token, inputs, { now: world.now(), serverTime });
    await handOver(minted, reply, inputs, session, about, log);
    warnOfScopes(inputs.scopes, minted.granted, log);
    session.budget.check();
    if (!isAdmin(credential)) {
        const { facts, unchecked } = await checkToken(session, token, about);
        if (unchecked !== undefined)
            log.info(`The new token was not checked: ${unchecked}.`);
        if (facts !== undefined) {
            learn(minted, facts, reply);
            await handOver(minted, reply, inputs, session, about, log);
        }
    }
    if (inputs.exportEnv)
        exportForZcli(inputs.subdomain, token);
    if (inputs.jobSummary)
        await writeSummary(tokenTable('Zendesk token minted', minted, origin, 'alive'), log);
    log.info(mintedMessage(minted, isRevoked(inputs, reply)));
}
/** Says that credentials A and B will stop working, and louder from 90 days before API tokens do. */
function announceEnd(credential, now, log) {
    if (!isAdmin(credential))
        return;
    const deprecated = 'Zendesk has deprecated the endpoint that mints with api-token and access-token; it may stop any day';
    if (credential.kind === 'access-token') {
        log.info(`${deprecated}. Use client-secret instead.`);
        return;
    }
    const say = now >= API_TOKENS_END - WARN_BEFORE ? log.warning : log.info;
    say(`${deprecated}, and API tokens stop working on ${isoTime(API_TOKENS_END).slice(0, 10)}. Use client-secret instead.`);
}
/** Warns of scopes that were asked for and not granted; a reply that tells no scopes says nothing about that. */
function warnOfScopes(asked, granted, log) {
    const missing = granted === undefined ? [] : scopesNotGranted(asked, granted);
    if (missing.length === 0)
        return;
    log.warning(`Zendesk did not grant ${quote(missing.join(' '))}: check the names, and the allowed scopes of the client in Admin Center.`);
}

;// CONCATENATED MODULE: ./src/post.ts













/** Seconds at most: a cancelled job gives all its post steps together 285. */
const LONGEST_POST = 240;
/** Seconds after its expiry when a token is surely dead. */
const EXPIRY_MARGIN = 60;
/** The post step: revokes the token that main minted, and proves that it is dead. It never fails the job. */
async function revoke({ world, log, budget }) {
    const state = load();
    const nothing = nothingToRevoke(state, world.now());
    if (state === undefined || 'skipped' in state || nothing !== undefined) {
        log.info(String(nothing));
        return;
    }
    const { minted, context } = state;
    maskSecrets(log, SECRETS_OF[context.credential], context.client);
    log.mask(minted.token.reveal());
    const { origin, client } = context;
    const seconds = Math.min(context.timeoutSeconds, LONGEST_POST);
    const session = new Session(origin, USER_AGENT, budget(seconds, reserveOf(seconds)), log);
    const about = { origin, clientId: client.id, credential: context.credential };
    const leftOver = [];
    const credential = sameCredential(context);
    const outcome = await revokeAndProve(session, minted, {
        credential,
        about,
        mask: log.mask,
        onLeftOver: (sentence) => leftOver.push(sentence)
    });
    report(outcome, state, credential, leftOver, log);
    if (context.jobSummary) {
        await writeSummary(tokenTable('Zendesk token revoked', minted, origin, STATES[outcome.end]), log);
    }
}
/** Tells, where the post step itself failed, what may live on because of it. */
function revokeFailed(log, error) {
    const state = load();
    if (state === undefined || 'skipped' in state)
        return;
    log.warning(`${nameOf(state.minted)} may still be alive: ${reasonOf(error)}; ${wayOut(state)}`);
}
/** The secret inputs that each credential consists of, as far as post can use them. */
const SECRETS_OF = {
    'api-token': ['api-token'],
    'access-token': ['access-token'],
    'client-secret': ['client-secret'],
    'authorization-code': [],
    'refresh-token': []
};
const STATES = {
    dead: 'revoked, and verified dead',
    unverified: 'revoked, not verified',
    alive: 'may still be alive'
};
/** Why there is nothing to do, if so. */
function nothingToRevoke(state, now) {
    if (state === undefined)
        return 'No token was minted, so there is nothing to revoke.';
    if ('skipped' in state) {
        return state.skipped === 'true'
            ? 'The token is left alive, as skip-token-revoke says.'
            : 'The token is left alive, since revoking it would kill the refresh token that came with it.';
    }
    const { lifetime, mintedAt } = state.minted;
    // Both times are of this machine's clock: that of Zendesk may be off.
    const isExpired = lifetime !== undefined && (now - mintedAt) / 1000 > lifetime + EXPIRY_MARGIN;
    return isExpired ? `${nameOf(state.minted)} has expired, so there is nothing to revoke.` : undefined;
}
/**
 * The credential that minted the token, read from the inputs and used only if it is the very same: a bug of the runner
 * gives the post steps of nested actions the inputs of others (https://github.com/actions/runner/issues/2030).
 */
function sameCredential({ credential, client, fingerprint }) {
    const read = rereadCredential(credential, client.authMethod);
    if (read === undefined)
        return undefined;
    return fingerprintOf(credentialText(read), fingerprint.salt).hash === fingerprint.hash ? read : undefined;
}
function report(outcome, state, credential, leftOver, log) {
    const name = nameOf(state.minted);
    const { context, minted } = state;
    const warn = (sentence) => {
        log.warning([sentence, ...leftOver].join(' '));
    };
    if (outcome.end === 'dead') {
        log.info(`${name} revoked, and verified dead.`);
        if (leftOver.length > 0)
            log.warning(leftOver.join(' '));
    }
    else if (outcome.end === 'unverified') {
        warn(`${name} revoked, not verified: ${outcome.why}; ${wayOut(state)}`);
    }
    else {
        const isMissing = credential === undefined && SECRETS_OF[context.credential].length > 0;
        const missing = isMissing
            ? ' (the post step was given other inputs than the main step, so it could not use the credential)'
            : '';
        const isHarmless = outcome.scopeOnly && !isMissing && minted.expiresAt !== '' && leftOver.length === 0;
        if (isHarmless) {
            log.info(`${name} could not be revoked, since no token at hand has the scope \`write\`; ${ownEnd(minted)}.`);
        }
        else {
            warn(`${name} may still be alive: ${outcome.why}${missing}; ${wayOut(state)}`);
        }
    }
}
/** When the token dies by itself, and how to remove it by hand. */
function wayOut({ minted, context }) {
    const path = `${context.origin}/api/v2/oauth/tokens`;
    const byHand = minted.id === undefined
        ? `find it as an admin with GET ${path} and send DELETE ${path}/{id}, or let \`sweep\` remove it`
        : `send DELETE ${path}/${minted.id} as an admin, or let \`sweep\` remove it`;
    return `${ownEnd(minted)}; to remove it by hand, ${byHand}.`;
}

;// CONCATENATED MODULE: ./src/zendesk/stale-tokens.ts

/**
 * The token as a left-over one, or `undefined` where it belongs to another client, is the one that is worked with, is
 * expired, or was created or used lately. Where Zendesk does not tell enough, the token is let alone.
 *
 * @param now Zendesk's clock, in milliseconds since 1970
 */
function leftOver(token, criteria, now) {
    const { id, clientId, userId, scopes = [], createdAt = NaN, usedAt, expiresAt } = token;
    const isOld = (time) => now - time > criteria.olderThan;
    if (id === undefined || id === criteria.ownId || clientId !== criteria.clientId)
        return undefined;
    if (!isOld(createdAt) || (usedAt !== null && !isOld(usedAt)))
        return undefined;
    if (typeof expiresAt === 'number' && expiresAt <= now)
        return undefined;
    return { id, userId, scopes: scopes.join(' '), createdAt, usedAt };
}

;// CONCATENATED MODULE: ./src/sweep-report.ts





/** Ids in the output, rows in the summary, ids in a line of the log. */
const OUTPUT_IDS = 5000;
const SUMMARY_ROWS = 500;
const LOG_IDS = 50;
/** What a sweep has found, and what became of it. */
class Tally {
    dryRun;
    /** How many tokens were listed. */
    seen = 0;
    /** How many were revoked. */
    revoked = 0;
    /** What ended the sweep before it was through. */
    failure;
    #tokens = [];
    #failed = new Map();
    #ids = new Set();
    constructor(dryRun) {
        this.dryRun = dryRun;
    }
    get matched() {
        return this.#tokens.length;
    }
    /** Notes a left-over token; one that was noted before, as when a page is shown twice, is not noted again. */
    add(token) {
        if (this.#ids.has(token.id))
            return;
        this.#ids.add(token.id);
        this.#tokens.push(token);
    }
    /** The tokens that were found, each given out once, to whoever asks first. */
    found() {
        return this.#tokens.values();
    }
    /** Notes what became of a token: `why` it could not be revoked, or nothing. */
    settle({ id }, why) {
        if (why === undefined)
            this.revoked += 1;
        else
            this.#failed.set(id, why);
    }
    outputs() {
        const ids = this.#tokens.slice(0, OUTPUT_IDS).map(({ id }) => id);
        return {
            matched: this.matched,
            revoked: this.revoked,
            failed: this.#failed.size,
            'token-ids': JSON.stringify(ids)
        };
    }
    /** The line that ends a sweep without failures. */
    message() {
        if (this.matched === 0)
            return `None of ${tokens(this.seen)} is left over.`;
        if (!this.dryRun)
            return `${tokens(this.revoked)} of ${this.seen} left over, and revoked.`;
        const ids = idList(this.#tokens.map(({ id }) => id));
        return `${tokens(this.matched)} of ${this.seen} left over, and would be revoked with \`dry-run: 'false'\`: ${ids}.`;
    }
    /** The error to end with, if anything remained to be done. */
    error() {
        const remained = this.#failed.size;
        if (this.failure === undefined && remained === 0)
            return undefined;
        const parts = this.failure === undefined ? [] : [this.failure.message];
        if (remained > 0) {
            // One message of each kind of error stands for all of its kind.
            const kinds = new Map([...this.#failed.values()].reverse().map((why) => [sweep_report_kindOf(why), why.message]));
            const ids = idList([...this.#failed.keys()].sort((a, b) => a - b));
            parts.push(`${tokens(remained)} of ${this.matched} left over could not be revoked: ${ids}.`, ...kinds.values());
        }
        else if (!this.dryRun && this.matched > 0) {
            parts.push(`What was found to be left over before that was revoked (${tokens(this.revoked)}).`);
        }
        return new Error(parts.join(' '));
    }
    /** The job summary: failures first. */
    table(title, now) {
        const remained = this.#failed.size;
        const counts = this.dryRun
            ? `Left over: ${this.matched} of ${tokens(this.seen)}. This was a dry run: nothing was revoked.`
            : `Left over: ${this.matched} of ${tokens(this.seen)}. Revoked: ${this.revoked}. Failed: ${remained}.`;
        const isFailed = ({ id }) => this.#failed.has(id);
        const failuresFirst = remained === 0
            ? this.#tokens
            : [...this.#tokens.filter(isFailed), ...this.#tokens.filter((token) => !isFailed(token))];
        const rows = failuresFirst.slice(0, SUMMARY_ROWS).map((token) => this.#row(token, now));
        const more = this.matched - rows.length;
        const stopped = this.failure === undefined ? [] : [`The sweep did not finish. ${this.failure.message}`];
        const lines = [...stopped, counts, ...(more > 0 ? [`The first ${rows.length} of them are below.`] : [])];
        return { title, lines, head: ['Id', 'User', 'Scopes', 'Age', 'Last used', 'Outcome'], rows };
    }
    #row({ id, userId, scopes, createdAt, usedAt }, now) {
        const age = (time) => duration(Math.max(0, now - time) / 1000);
        const lastUse = usedAt === null ? 'never' : `${age(usedAt)} ago`;
        const outcome = this.#failed.get(id)?.message ?? (this.dryRun ? 'would be revoked' : 'revoked');
        return [String(id), String(userId ?? 'unknown'), scopes, age(createdAt), lastUse, outcome];
    }
}
function tokens(count) {
    return `${count} ${count === 1 ? 'token' : 'tokens'}`;
}
function sweep_report_kindOf(error) {
    return error instanceof ZendeskError ? error.kind : error.message;
}
function idList(ids) {
    const shown = ids.slice(0, LOG_IDS).join(', ');
    return ids.length > LOG_IDS ? `${shown} and ${ids.length - LOG_IDS} more` : shown;
}

;// CONCATENATED MODULE: ./src/sweep.ts




















/** Tokens that are revoked at the same time. */
const WORKERS = 4;
/** Seconds that a helper token outlives the step, where it cannot be revoked. */
const HELPER_MARGIN = 120;
const SHORTEST_HELPER = 600;
/** Milliseconds between two lines of progress. */
const PROGRESS = 15_000;
/**
 * Keeps the memory of ten thousand requests as flat as that of ten: V8 would rather let garbage lie than collect it.
 * Not imported, since loading this module would take main and post 3 ms that they have no use for.
 */
function collectGarbageEarly() {
    process.getBuiltinModule('node:v8').setFlagsFromString('--optimize-for-size');
}
/** The sweep: finds the tokens of one client that dead runners left behind, and revokes them. */
async function sweep({ world, log, budget }) {
    collectGarbageEarly();
    maskSecrets(log, ['api-token', 'access-token', 'client-secret']);
    const inputs = readSweepInputs();
    requireFiles('GITHUB_OUTPUT');
    inputs.warnings.forEach(log.warning);
    const { origin, clientId, credential, timeoutSeconds } = inputs;
    const session = new Session(origin, USER_AGENT, budget(timeoutSeconds, reserveOf(timeoutSeconds)), log);
    const about = { origin, clientId, credential: credential.kind };
    const tally = new Tally(inputs.dryRun);
    try {
        if (isAdmin(credential)) {
            const authorization = adminAuthorization(credential);
            const ownId = credential.kind === 'access-token' ? await idOf(session, credential.accessToken, about) : undefined;
            const client = await numericClientId(session, authorization, about);
            await clean(session, authorization, { clientId: client, ownId }, inputs, about, tally, log);
        }
        else {
            const lifetime = Math.max(SHORTEST_HELPER, timeoutSeconds + HELPER_MARGIN);
            const terms = { credential, about, lifetime, mask: log.mask, onLeftOver: log.warning };
            await withHelper(session, terms, async ({ authorization, facts }) => {
                const client = facts.clientId ?? (await numericClientId(session, authorization, about));
                await clean(session, authorization, { clientId: client, ownId: facts.id }, inputs, about, tally, log);
            });
        }
    }
    catch (error) {
        tally.failure ??= error;
    }
    setOutputs(tally.outputs());
    if (inputs.jobSummary)
        await writeSummary(tally.table(`Zendesk tokens of ${clientId}`, world.now()), log);
    const error = tally.error();
    if (error !== undefined)
        throw error;
    log.info(tally.message());
}
/** The id of the token that is worked with, which must not be revoked. */
async function idOf(session, token, about) {
    const call = currentToken(token);
    const circumstances = {
        ...about,
        call,
        purpose: 'learn the id of the access-token, which must not be revoked'
    };
    const answer = await session.send(call).catch((error) => {
        throw explain(error, circumstances);
    });
    const { id } = tokenFacts(object(answer.json)['token']);
    if (id === undefined)
        throw explain(answer, circumstances);
    return id;
}
/** Lists the client's tokens to the last page, then revokes those that are left over; `tally` learns of each. */
async function clean(session, authorization, who, inputs, about, tally, log) {
    const { world } = session.budget;
    const progress = progressLog(session, log);
    const criteria = { ...who, olderThan: inputs.olderThan };
    const path = tokensOf(who.clientId, inputs.allUsers);
    const purpose = 'list the tokens';
    try {
        for await (const { items, answer } of pages(session, path, 'tokens', authorization, {
            ...about,
            purpose
        })) {
            for (const item of items) {
                const found = leftOver(tokenFacts(item), criteria, answer.date ?? world.now());
                if (found !== undefined)
                    tally.add(found);
            }
            tally.seen += items.length;
            progress(() => `Listed ${tally.seen} tokens so far, ${tally.matched} of them left over.`);
        }
    }
    catch (error) {
        // What was found before the list broke off is left over all the same.
        tally.failure = error;
    }
    if (inputs.dryRun)
        return;
    const queue = tally.found();
    let last = {};
    const work = async () => {
        const own = session.fork();
        for (const token of queue) {
            // Once there is no time left for one, there is none for the others.
            const attempt = last.isFinal === true ? last : await tryToRevoke(own, token, authorization, about);
            if (attempt.isFinal === true)
                last = attempt;
            tally.settle(token, attempt.failure);
            progress(() => `Revoked ${tally.revoked} of ${tally.matched} tokens so far.`);
        }
        own.close();
    };
    await Promise.all(Array.from({ length: WORKERS }, work));
}
async function tryToRevoke(session, { id }, authorization, about) {
    const call = revokeToken(id, authorization);
    const circumstances = { ...about, call, purpose: `revoke token ${id}` };
    try {
        const answer = await session.send(call);
        const isGone = (answer.status >= 200 && answer.status < 300) || answer.status === 404;
        if (isGone)
            return {};
        return { failure: explain(answer, circumstances), isFinal: answer.unfitting !== undefined };
    }
    catch (error) {
        return { failure: explain(error, circumstances), isFinal: !(error instanceof Unanswered) };
    }
}
/** Says how far the work is, now and then. */
function progressLog({ budget }, log) {
    let next = budget.world.elapsed() + PROGRESS;
    return (line) => {
        if (budget.world.elapsed() < next)
            return;
        next = budget.world.elapsed() + PROGRESS;
        log.info(line());
    };
}

;// CONCATENATED MODULE: ./src/index.ts






/*
 * What the three files in dist/ that `action.yml` and `sweep/action.yml` name call, and nothing besides.
 */
const surroundings = { world: realWorld, log: log };
function fail(error) {
    log.error(error instanceof Error ? error.message : String(error));
    return 1;
}
/** The main step. Exit code 1, and exactly one error, where there is no token. */
async function main() {
    await runStep(process, surroundings, mint, fail);
}
/** The post step. Exit code 0, whatever happens. */
async function post() {
    await runStep(process, surroundings, revoke, (error) => {
        revokeFailed(log, error);
        return 0;
    });
}
/** The sweep. Exit code 1, and exactly one error, where a left-over token remained. */
async function src_sweep() {
    await runStep(process, surroundings, sweep, fail);
}

})();

module.exports = __webpack_exports__;
/******/ })()
;