// SHA-256 of src/, stubs/ and the packages: 261f99facd278fc570ed04157871fad657eaaa45d9f37e9f768ae782cd0b5a86
(() => {
	var __webpack_modules__ = ({

770:
((module, __unused_webpack_exports, __nccwpck_require__) => {

module.exports = __nccwpck_require__(218);


}),

218:
((__unused_webpack_module, exports, __nccwpck_require__) => {

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
    self.requests.push(options);
    return;
  }

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
  connectReq.useChunkedEncodingByDefault = false;
  connectReq.once('response', onResponse);
  connectReq.once('upgrade', onUpgrade);
  connectReq.once('connect', onConnect);
  connectReq.once('error', onError);
  connectReq.end();

  function onResponse(res) {
    res.upgrade = true;
  }

  function onUpgrade(res, socket, head) {
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

    var secureSocket = tls.connect(0, tlsOptions);
    self.sockets[self.sockets.indexOf(socket)] = secureSocket;
    cb(secureSocket);
  });
}


function toOptions(host, port, localAddress) {
  if (typeof host === 'string') {
    return {
      host: host,
      port: port,
      localAddress: localAddress
    };
  }
  return host;
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
exports.debug = debug;


}),

613:
((module) => {

"use strict";
module.exports = require("assert");

}),

434:
((module) => {

"use strict";
module.exports = require("events");

}),

611:
((module) => {

"use strict";
module.exports = require("http");

}),

692:
((module) => {

"use strict";
module.exports = require("https");

}),

278:
((module) => {

"use strict";
module.exports = require("net");

}),

756:
((module) => {

"use strict";
module.exports = require("tls");

}),

23:
((module) => {

"use strict";
module.exports = require("util");

}),

949:
((__unused_webpack_module, exports, __nccwpck_require__) => {

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


}),

673:
(() => {

"use strict";
/*
 * @actions/core and @actions/http-client import @actions/exec, which could start other processes, and undici for
 * functions that nothing here calls. The build leaves those functions out, so that dist/ needs neither library.
 */



})

	});
	var __webpack_module_cache__ = {};
	function __nccwpck_require__(moduleId) {
		var cachedModule = __webpack_module_cache__[moduleId];
		if (cachedModule !== undefined) {
			return cachedModule.exports;
		}
		var module = __webpack_module_cache__[moduleId] = {
			exports: {}
		};
		var threw = true;
		try {
			__webpack_modules__[moduleId](module, module.exports, __nccwpck_require__);
			threw = false;
		} finally {
			if(threw) delete __webpack_module_cache__[moduleId];
		}
		return module.exports;
	}
	if (typeof __nccwpck_require__ !== 'undefined') __nccwpck_require__.ab = __dirname + "/";
	(() => {
		__nccwpck_require__.n = (module) => {
			var getter = module && module.__esModule ?
				() => (module['default']) :
				() => (module);
			__nccwpck_require__.d(getter, { a: getter });
			return getter;
		};
	})();
	(() => {
		var getProto = Object.getPrototypeOf ? (obj) => (Object.getPrototypeOf(obj)) : (obj) => (obj.__proto__);
		var leafPrototypes;
		__nccwpck_require__.t = function(value, mode) {
			if(mode & 1) value = this(value);
			if(mode & 8) return value;
			if(typeof value === 'object' && value) {
				if((mode & 4) && value.__esModule) return value;
				if((mode & 16) && typeof value.then === 'function') return value;
			}
			var ns = Object.create(null);
			__nccwpck_require__.r(ns);
			var def = {};
			leafPrototypes = leafPrototypes || [null, getProto({}), getProto([]), getProto(getProto)];
			for(var current = mode & 2 && value; typeof current == 'object' && !~leafPrototypes.indexOf(current); current = getProto(current)) {
				Object.getOwnPropertyNames(current).forEach((key) => (def[key] = () => (value[key])));
			}
			def['default'] = () => (value);
			__nccwpck_require__.d(ns, def);
			return ns;
		};
	})();
	(() => {
		__nccwpck_require__.d = (exports, definition) => {
			for(var key in definition) {
				if(__nccwpck_require__.o(definition, key) && !__nccwpck_require__.o(exports, key)) {
					Object.defineProperty(exports, key, { enumerable: true, get: definition[key] });
				}
			}
		};
	})();
	(() => {
		__nccwpck_require__.o = (obj, prop) => (Object.prototype.hasOwnProperty.call(obj, prop))
	})();
	(() => {
		__nccwpck_require__.r = (exports) => {
			if(typeof Symbol !== 'undefined' && Symbol.toStringTag) {
				Object.defineProperty(exports, Symbol.toStringTag, { value: 'Module' });
			}
			Object.defineProperty(exports, '__esModule', { value: true });
		};
	})();
var __webpack_exports__ = {};
(() => {
"use strict";
__nccwpck_require__.r(__webpack_exports__);

__nccwpck_require__.d(__webpack_exports__, {
  main: () => (src_main),
  post: () => (src_post),
  sweep: () => (src_sweep)
});

;// CONCATENATED MODULE: ./src/lib/clock.ts
const systemClock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  random: () => Math.random(),
  sleep: (ms, signal) => new Promise((resolve) => {
    const wake = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', wake);
      resolve();
    };
    const timer = setTimeout(wake, signal.aborted ? 0 : ms);
    signal.addEventListener('abort', wake);
  })
};

;// CONCATENATED MODULE: ./src/lib/invisible.ts
/**
 * Replaces every code point of `text` that Unicode lets a reader not see: format characters, such as U+200B and
 * U+FEFF, what a font may leave out, such as U+FE0F, and the blank braille pattern.
 */
function replaceInvisible(text, by) {
  // Most text is ASCII: it does not pay for the second expression, which takes half a millisecond to compile.
  if (/^[\0-\x7f]*$/.test(text))
    return text;
  return text.replace(/[\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]/gu, by);
}
/** `text` without the white space and the invisible characters at its ends. */
function trim(text) {
  const blank = replaceInvisible(text, (character) => ' '.repeat(character.length));
  return text.slice(blank.length - blank.trimStart().length, blank.trimEnd().length);
}

;// CONCATENATED MODULE: ./src/lib/redact.ts

/*
 * Makes text safe to print. The runner masks a known secret in a few forms; a server can repeat it in others, in
 * part or interrupted by characters that do not show, or send text that the runner takes for a command.
 */
/** Characters of the text that are looked at, and of the result that are kept. */
const READ_LIMIT = 2048;
const RESULT_LIMIT = 200;
/** Text that somebody else wrote is hidden if it shares a run of this many characters with a secret. */
const SHARED_RUN = 12;
/** Shorter values are not taken for secrets: hiding `1` or `acme` would ruin every line. */
const SHORTEST_SECRET = 4;
/** The known secrets in every form, compacted, and every run of {@link SHARED_RUN} characters in them. */
const known = new Set();
const knownRuns = new Set();
/** Hides `secret` from here on, in the forms in which servers repeat what they were sent. */
function addSecret(secret) {
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
  for (const form of forms.map(compact)) {
    if (form.length >= SHORTEST_SECRET)
      known.add(form);
    for (const run of runsOf(form))
      knownRuns.add(run);
  }
}
/** The base64 of a secret behind `by` other bytes, without the characters that those bytes change. */
function shifted(bytes, by) {
  return Buffer.concat([Buffer.alloc(by), bytes])
    .toString('base64')
    .replace(/.=*$/, '')
    .slice(by + 1);
}
/** The visible ASCII characters of `text`, in lower case: all by which secrets are compared. */
function compact(text) {
  return text.replace(/[^!-~]+/g, '').toLowerCase();
}
function runsOf(text) {
  const count = Math.max(0, text.length - SHARED_RUN + 1);
  return Array.from({ length: count }, (_, at) => text.slice(at, at + SHARED_RUN));
}
/**
 * Whether `text` shares a run with a known secret. Behind escapes that it does not need, once or twice, a whole secret
 * counts as well, however short: no later step would find it there.
 */
function sharesSecret(text) {
  const once = unescaped(text);
  const hidden = [...new Set([once, unescaped(once)])].filter((form) => form !== text).map(compact);
  return ([compact(text), ...hidden].some((form) => runsOf(form).some((run) => knownRuns.has(run))) ||
    hidden.some((form) => [...known].some((secret) => form.includes(secret))));
}
/** `text` with the characters that `%6B` and `\u006B` stand for. */
function unescaped(text) {
  return text.replace(/(?:%|\\+u00)([\da-f]{2})/gi, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
}
/** Replaces the known secrets in `line` by `***`, also those that are interrupted by what is not visible ASCII. */
function hideSecrets(line) {
  const visible = compact(line);
  const hidden = new Set();
  for (const secret of known) {
    for (let at = visible.indexOf(secret); at !== -1; at = visible.indexOf(secret, at + 1))
      for (let each = at; each < at + secret.length; each += 1)
        hidden.add(each);
  }
  if (hidden.size === 0)
    return line;
  // Each visible character with what follows it; the blank in front makes sure that the first part has none.
  const [before, ...parts] = ` ${line}`.split(/(?=[!-~])/);
  const shown = parts.map((part, index) => {
    if (!hidden.has(index))
      return part;
    return (hidden.has(index - 1) ? '' : '***') + (hidden.has(index + 1) ? '' : part.slice(1));
  });
  return [before, ...shown].join('').slice(1);
}
/**
 * Makes a sentence of ours safe as one line of the log: no known secret, nothing that a reader cannot see, and nothing
 * that the runner would execute (`::` at the start of a line, `##[` anywhere in it).
 */
function oneLine(text) {
  const seen = replaceInvisible(text.replace(/\s+/g, ' '), () => '');
  return hideSecrets(seen.replace(/[\0-\x1f\x7f-\x9f\ud800-\udfff]/gu, ''))
    .replace(/^ *:(?=:)/, '$& ')
    .replace(/##(?=\[)/g, '## ');
}
/**
 * Cleans text that somebody else wrote, so that it can stand in a line. It is cut to 2 kB before anything else, so that
 * cleaning takes linear time. If it shares a part with a secret, before or after its markup is removed, nothing of it
 * is shown, else at most 200 characters.
 */
function clean(text) {
  const read = text.slice(0, READ_LIMIT);
  const plain = read.replace(/<[^>]*>/g, '').replace(/[<>]/g, '');
  if ([...new Set([read, plain])].some(sharesSecret))
    return '***';
  // `::` goes everywhere, but for that of an IPv6 address in brackets.
  const line = oneLine(plain).replace(/:(?=:)(?![\da-f:.]*\])/gi, ': ');
  const characters = Array.from(line.trim());
  return characters.length <= RESULT_LIMIT
    ? characters.join('')
    : `${characters.slice(0, RESULT_LIMIT - 1).join('')}…`;
}

;// CONCATENATED MODULE: ./src/lib/secret.ts
/** A value that is never printed: neither JSON, nor a template, nor `inspect` shows a private field. */
class Secret {
  #value;
  constructor(value) {
    this.#value = value;
  }
  /** The value itself: call this only where it leaves for Zendesk or for a file of the runner. */
  reveal() {
    return this.#value;
  }
}

;// CONCATENATED MODULE: ./src/zendesk/credential.ts

/** How a confidential client's secret is sent (RFC 6749 §2.3.1, names of RFC 8414). */
const AUTH_METHODS = ['client_secret_post', 'client_secret_basic'];
const CREDENTIAL_KINDS = [
  'api_token',
  'access_token',
  'client_credentials',
  'authorization_code',
  'refresh_token'
];
/** Whether an admin creates a token with this credential, instead of exchanging it for one. */
function isAdmin(credential) {
  return credential.kind === 'api_token' || credential.kind === 'access_token';
}
/** Whether the grant gives a refresh token as well: revoking the access token would revoke that, too. */
function givesRefreshToken({ kind }) {
  return kind === 'authorization_code' || kind === 'refresh_token';
}
/** The part of a credential that post needs again; empty for one that works once. */
function reusableSecret(credential) {
  if (isAdmin(credential))
    return adminAuthorization(credential).reveal();
  return credential.kind === 'client_credentials' ? credential.clientSecret.reveal() : '';
}
/** Whether a `client-id` is the numeric id of a client, and not its identifier. */
function isNumeric(clientId) {
  return /^\d+$/.test(clientId);
}
/** The `Authorization` header of a bearer token (RFC 6750 §2.1). */
function bearer(token) {
  return new Secret(`Bearer ${token.reveal()}`);
}
/** The base64 part of the Basic header of an API token: `{email}/token:{api-token}`. */
function apiTokenBasic(email, apiToken) {
  return Buffer.from(`${email}/token:${apiToken}`).toString('base64');
}
/** The base64 part of the Basic header of a client, both halves form-encoded first (RFC 6749 §2.3.1). */
function clientBasic(clientId, clientSecret) {
  return Buffer.from(`${formEncode(clientId)}:${formEncode(clientSecret)}`).toString('base64');
}
/** The `Authorization` header of an admin's credential. */
function adminAuthorization(credential) {
  return credential.kind === 'access_token'
    ? bearer(credential.accessToken)
    : new Secret(`Basic ${apiTokenBasic(credential.email, credential.apiToken.reveal())}`);
}
function formEncode(text) {
  return new URLSearchParams([['', text]]).toString().slice(1);
}

;// CONCATENATED MODULE: ./src/zendesk/http/origin.ts
/*
 * Where a Zendesk account is: its subdomain and its origin.
 */
/**
 * The subdomain that `acme`, `acme.zendesk.com` or an address of the account names, such as
 * `https://acme.zendesk.com/agent/home`, in lower case; `undefined` for anything else.
 */
function subdomainOf(value) {
  // Without the flag `u`, `i` equates ASCII letters alone: in lower case some other characters become ASCII.
  const address = /^(?:https?:\/\/)?([^./]+)\.zendesk\.com(?::443)?(?:[/?#].*)?$/is;
  const [, subdomain = value] = address.exec(value) ?? [];
  // `xn--` begins an encoded name with other letters, which a subdomain of Zendesk does not have.
  return /^(?!xn--)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i.test(subdomain)
    ? subdomain.toLowerCase()
    : undefined;
}
/**
 * The origin that `value` names: `https:`, or `http:` for this machine, with nothing but scheme, host and port;
 * `undefined` for anything else.
 */
function readOrigin(value) {
  const url = /^https?:\/\/[^/?#@\\]+\/?$/i.test(value) ? URL.parse(value) : null;
  if (url === null || url.port === '0')
    return undefined;
  return url.protocol === 'https:' || isLoopback(url) ? url.origin : undefined;
}
/** Whether `origin` is neither the account's own nor this machine. */
function isForeign(origin, subdomain) {
  const url = new URL(origin);
  return !isLoopback(url) && url.hostname !== '[::1]' && url.hostname !== `${subdomain}.zendesk.com`;
}
function isLoopback({ hostname }) {
  return hostname === 'localhost' || /^127(?:\.\d+){3}$/.test(hostname);
}

;// CONCATENATED MODULE: ./src/zendesk/scopes.ts
/*
 * Zendesk's scopes: https://support.zendesk.com/hc/en-us/articles/4408838272410 and the announcement of granular
 * scopes of 2026-08-10. The list grows: a scope that is not in it is worth a warning, never an error.
 */
const BOTH = [
  'tickets users organizations hc apps automations targets triggers macros requests satisfaction_ratings',
  'dynamic_content themes zis webhooks account_settings brands custom_objects deletion_schedules groups',
  'sla_policies ticket_attachments ticket_views'
].flatMap((line) => line.split(' '));
/** Every scope that Zendesk documents. */
const KNOWN_SCOPES = [
  ...'read write impersonate unrestricted'.split(' '),
  ...[...BOTH, 'auditlogs', 'security'].map((resource) => `${resource}:read`),
  ...[...BOTH, 'any_channel', 'web_widget'].map((resource) => `${resource}:write`)
];
/** Splits `text` into scopes, each once, at white space and commas; the `-` of a YAML list is ignored. */
function splitScopes(text) {
  return [...new Set(text.split(/[\s,]+/).filter((word) => word !== '' && word !== '-'))];
}
/** Whether `scope` has the form of a scope: one word, or `word:word`. */
function isWellFormedScope(scope) {
  return /^[\w.-]+(?::[\w.-]+)?$/.test(scope);
}
/** The documented scope that is nearest to `scope`; `undefined` if `scope` is documented itself. */
function nearestScope(scope) {
  if (KNOWN_SCOPES.includes(scope))
    return undefined;
  const distances = KNOWN_SCOPES.map((known) => [known, distance(scope.toLowerCase(), known)]);
  return distances.reduce((best, next) => (next[1] < best[1] ? next : best))[0];
}
/**
 * The scopes of `requested` that `granted` does not cover: `read` covers every `x:read`, `write` every `x:write`,
 * and `unrestricted` everything.
 */
function scopesNotGranted(requested, granted) {
  if (granted.includes('unrestricted'))
    return [];
  return requested.filter((scope) => !granted.includes(scope) && !granted.includes(/:(read|write)$/.exec(scope)?.[1] ?? scope));
}
/**
 * Whether a token with these scopes may revoke a token: it needs `write`, and `read` as well, because Zendesk reads the
 * acting user first.
 */
function mayRevoke(scopes) {
  return scopes.includes('unrestricted') || (scopes.includes('read') && scopes.includes('write'));
}
/** Whether a 403 to a token with these scopes is no surprise: without `write` it may not revoke anything. */
function lacksWrite(scopes) {
  return !scopes.includes('write') && !scopes.includes('unrestricted');
}
/** The Levenshtein distance: how many letters have to change to turn `a` into `b`. */
function distance(a, b) {
  // A row has the distances of what was read of `a` to every beginning of `b`, and `last` is the last that was found.
  let row = [...Array(b.length + 1).keys()];
  let last = b.length;
  for (const letter of a) {
    let diagonal = 0;
    row = row.map((above, column) => {
      const replaced = diagonal + (b[column - 1] === letter ? 0 : 1);
      last = column === 0 ? above + 1 : Math.min(above + 1, last + 1, replaced);
      diagonal = above;
      return last;
    });
  }
  return last;
}

;// CONCATENATED MODULE: ./src/lib/json.ts
/*
 * Reading JSON that somebody else wrote: a value of the wrong type is as if it were missing.
 */
/** Whether `value` is a JSON object. */
function isObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
/** `value` if it is a JSON object, else an empty one. */
function asObject(value) {
  return isObject(value) ? value : {};
}
/** `value` if it is an array, else an empty one. */
function asArray(value) {
  return Array.isArray(value) ? value : [];
}
/** `value` if it is a string that is not empty. */
function asText(value) {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

;// CONCATENATED MODULE: ./src/zendesk/token-facts.ts




/*
 * Tokens as a resource: https://developer.zendesk.com/api-reference/ticketing/oauth/oauth_tokens/
 */
/** How much of a token Zendesk shows when it describes it. */
const PREFIX_LENGTH = 10;
/** Environment variables have limits (128 KiB on Linux, 32,767 characters on Windows), and state is passed in one. */
const SCOPES_LIMIT = 4096;
/** A usable access token: 8 to 8192 visible ASCII characters; `undefined` for anything else. */
function usableToken(value, shortest = 8) {
  const isUsable = typeof value === 'string' && value.length >= shortest && /^[!-~]{1,8192}$/.test(value);
  return isUsable ? new Secret(value) : undefined;
}
/** A positive safe integer, such as an id; anything else is as if it were not reported. */
function positiveInteger(value) {
  return Number.isSafeInteger(value) && value > 0 ? value : undefined;
}
/** Reads the `token` object of a response, or one of a list; a value of the wrong type is as if not reported. */
function tokenFacts(value) {
  const token = asObject(value);
  return {
    id: positiveInteger(token['id']),
    clientId: positiveInteger(token['client_id']),
    userId: positiveInteger(token['user_id']),
    scopes: scopesOf(token['scopes']),
    expiresAt: timeOf(token['expires_at']),
    createdAt: timeOf(token['created_at']),
    usedAt: timeOf(token['used_at']),
    hasRefreshToken: token['refresh_token'] !== undefined && token['refresh_token'] !== null,
    refreshTokenExpiresAt: timeOf(token['refresh_token_expires_at']),
    prefix: asText(token['token'])
  };
}
/** Whether a token is a JWT (RFC 7519): all of these begin alike. */
function isJwt(token) {
  return token.reveal().startsWith('eyJ');
}
/**
 * Scopes as Zendesk writes them: a list, or one string with spaces. They are saved in state and outputs, so whatever
 * is not a scope, or contains a secret that a server repeats, is left out.
 *
 * @returns `undefined` if none are reported, or more than 4 kB; an empty list if Zendesk reports that there are none
 */
function scopesOf(value) {
  if (typeof value !== 'string' && !Array.isArray(value))
    return undefined;
  const reported = (typeof value === 'string' ? value.split(' ') : value).filter((scope) => scope !== '');
  // Strings only: joining deeply nested lists would exhaust the stack.
  const words = reported.filter((scope) => typeof scope === 'string');
  if (words.join(' ').length > SCOPES_LIMIT)
    return undefined;
  // A sweep reads the scopes of thousands of tokens: those that Zendesk documents need no cleaning.
  const isKnown = (scope) => KNOWN_SCOPES.includes(scope);
  const scopes = words.filter((scope) => isKnown(scope) || (isWellFormedScope(scope) && clean(scope) === scope));
  // A secret may also be repeated in pieces.
  const others = scopes.filter((scope) => !isKnown(scope));
  if (others.length > 0 && sharesSecret(others.join(' ')))
    return undefined;
  return scopes.length === 0 && reported.length > 0 ? undefined : scopes;
}
/** An ISO 8601 time with its zone, in milliseconds; `null` for null, `undefined` for anything else. */
function timeOf(value) {
  if (value === null)
    return null;
  const time = asText(value) ?? '';
  const ms = /^\d{4}-\d\d-\d\dT[\d:.]{5,20}(?:Z|[+-]\d\d:?\d\d)$/i.test(time) ? Date.parse(time) : NaN;
  return Number.isNaN(ms) ? undefined : ms;
}

;// CONCATENATED MODULE: ./src/inputs/authorization-response.ts
/**
 * Reads the `authorization-code` input: the code itself, the address that the browser was sent to, or its query, as
 * `code=X&state=Y` or `X&state=Y`.
 */
function authorizationResponse(value) {
  const isAddress = /^(?:[a-z][\w+.-]*:\/\/|\?)/i.test(value);
  // Elsewhere a `?` behind a `=` or `&` is part of a parameter.
  const query = value.replace(isAddress ? /^[^?]*\?/ : /^[^=&]*\?/, '');
  const parameter = (name) => new RegExp(`(?:^|&)${name}=([^&#]*)`).exec(query)?.[1] ?? '';
  const error = percentDecoded(parameter('error'));
  if (error !== '')
    return { code: '', rawCode: '', error };
  const [, first = value] = /^([^=&]+=*)&[\w.-]+=/.exec(value) ?? [];
  const rawCode = parameter('code') || (isAddress ? '' : first);
  return { code: rawCode === value ? value : percentDecoded(rawCode), rawCode, error };
}
/** Text without percent-encoding. What is not ASCII comes out wrong, which no code is. */
function percentDecoded(text) {
  return text.replace(/%[\da-f]{2}/gi, (encoded) => String.fromCharCode(parseInt(encoded.slice(1), 16)));
}

;// CONCATENATED MODULE: external "os"
const external_os_namespaceObject = require("os");
;// CONCATENATED MODULE: ./node_modules/@actions/core/lib/utils.js
function toCommandValue(input) {
  if (input === null || input === undefined) {
    return '';
  }
  else if (typeof input === 'string' || input instanceof String) {
    return input;
  }
  return JSON.stringify(input);
}
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
;// CONCATENATED MODULE: ./node_modules/@actions/core/lib/command.js


function command_issueCommand(command, properties, message) {
  const cmd = new Command(command, properties, message);
  process.stdout.write(cmd.toString() + external_os_namespaceObject.EOL);
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
;// CONCATENATED MODULE: external "crypto"
const external_crypto_namespaceObject = require("crypto");
;// CONCATENATED MODULE: external "fs"
const external_fs_namespaceObject = require("fs");
;// CONCATENATED MODULE: ./node_modules/@actions/core/lib/file-command.js




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
  if (key.includes(delimiter)) {
    throw new Error(`Unexpected input: name should not contain the delimiter "${delimiter}"`);
  }
  if (convertedValue.includes(delimiter)) {
    throw new Error(`Unexpected input: value should not contain the delimiter "${delimiter}"`);
  }
  return `${key}<<${delimiter}${external_os_namespaceObject.EOL}${convertedValue}${external_os_namespaceObject.EOL}${delimiter}`;
}
;// CONCATENATED MODULE: external "path"
const external_path_namespaceObject = require("path");
// EXTERNAL MODULE: external "http"
var external_http_ = __nccwpck_require__(611);
var external_http_namespaceObject = __nccwpck_require__.t(external_http_, 2);
// EXTERNAL MODULE: external "https"
var external_https_ = __nccwpck_require__(692);
var external_https_namespaceObject = __nccwpck_require__.t(external_https_, 2);
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
  const upperReqHosts = [reqUrl.hostname.toUpperCase()];
  if (typeof reqPort === 'number') {
    upperReqHosts.push(`${upperReqHosts[0]}:${reqPort}`);
  }
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
// EXTERNAL MODULE: ./stubs/tunnel.cjs
var tunnel = __nccwpck_require__(949);
// EXTERNAL MODULE: ./stubs/unused.cjs
var unused = __nccwpck_require__(673);
;// CONCATENATED MODULE: ./node_modules/@actions/http-client/lib/index.js
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
  dispose() {
    if (this._agent) {
      this._agent.destroy();
    }
    this._disposed = true;
  }
  getAgent(serverUrl) {
    const parsedUrl = new URL(serverUrl);
    return this._getAgent(parsedUrl);
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
    if (agent) {
      return agent;
    }
    const usingSsl = parsedUrl.protocol === 'https:';
    let maxSockets = 100;
    if (this.requestOptions) {
      maxSockets = this.requestOptions.maxSockets || external_http_.globalAgent.maxSockets;
    }
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
    if (!agent) {
      const options = { keepAlive: this._keepAlive, maxSockets };
      agent = usingSsl ? new external_https_.Agent(options) : new external_http_.Agent(options);
      this._agent = agent;
    }
    if (usingSsl && this._ignoreSslError) {
      agent.options = Object.assign(agent.options || {}, {
        rejectUnauthorized: false
      });
    }
    return agent;
  }
  _getUserAgentWithOrchestrationId(userAgent) {
    const baseUserAgent = userAgent || 'actions/http-client';
    const orchId = process.env['ACTIONS_ORCHESTRATION_ID'];
    if (orchId) {
      const sanitizedId = orchId.replace(/[^a-z0-9_.-]/gi, '_');
      return `${baseUserAgent} actions_orchestration_id/${sanitizedId}`;
    }
    return baseUserAgent;
  }
}
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


const [access, appendFile, writeFile] = ['access', 'appendFile', 'writeFile'].map((name) =>
  (...args) => external_fs_namespaceObject.promises[name](...args));
const SUMMARY_ENV_VAR = 'GITHUB_STEP_SUMMARY';
const SUMMARY_DOCS_URL = 'https://docs.github.com/actions/using-workflows/workflow-commands-for-github-actions#adding-a-job-summary';
class Summary {
  constructor() {
    this._buffer = '';
  }
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
  wrap(tag, content, attrs = {}) {
    const htmlAttrs = Object.entries(attrs)
      .map(([key, value]) => ` ${key}="${value}"`)
      .join('');
    if (!content) {
      return `<${tag}${htmlAttrs}>`;
    }
    return `<${tag}${htmlAttrs}>${content}</${tag}>`;
  }
  write(options) {
    return summary_awaiter(this, void 0, void 0, function* () {
      const overwrite = !!(options === null || options === void 0 ? void 0 : options.overwrite);
      const filePath = yield this.filePath();
      const writeFunc = overwrite ? writeFile : appendFile;
      yield writeFunc(filePath, this._buffer, { encoding: 'utf8' });
      return this.emptyBuffer();
    });
  }
  clear() {
    return summary_awaiter(this, void 0, void 0, function* () {
      return this.emptyBuffer().write({ overwrite: true });
    });
  }
  stringify() {
    return this._buffer;
  }
  isEmptyBuffer() {
    return this._buffer.length === 0;
  }
  emptyBuffer() {
    this._buffer = '';
    return this;
  }
  addRaw(text, addEOL = false) {
    this._buffer += text;
    return addEOL ? this.addEOL() : this;
  }
  addEOL() {
    return this.addRaw(external_os_namespaceObject.EOL);
  }
  addCodeBlock(code, lang) {
    const attrs = Object.assign({}, (lang && { lang }));
    const element = this.wrap('pre', this.wrap('code', code), attrs);
    return this.addRaw(element).addEOL();
  }
  addList(items, ordered = false) {
    const tag = ordered ? 'ol' : 'ul';
    const listItems = items.map(item => this.wrap('li', item)).join('');
    const element = this.wrap(tag, listItems);
    return this.addRaw(element).addEOL();
  }
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
  addDetails(label, content) {
    const element = this.wrap('details', this.wrap('summary', label) + content);
    return this.addRaw(element).addEOL();
  }
  addImage(src, alt, options) {
    const { width, height } = options || {};
    const attrs = Object.assign(Object.assign({}, (width && { width })), (height && { height }));
    const element = this.wrap('img', null, Object.assign({ src, alt }, attrs));
    return this.addRaw(element).addEOL();
  }
  addHeading(text, level) {
    const tag = `h${level}`;
    const allowedTag = ['h1', 'h2', 'h3', 'h4', 'h5', 'h6'].includes(tag)
      ? tag
      : 'h1';
    const element = this.wrap(allowedTag, text);
    return this.addRaw(element).addEOL();
  }
  addSeparator() {
    const element = this.wrap('hr', null);
    return this.addRaw(element).addEOL();
  }
  addBreak() {
    const element = this.wrap('br', null);
    return this.addRaw(element).addEOL();
  }
  addQuote(text, cite) {
    const attrs = Object.assign({}, (cite && { cite }));
    const element = this.wrap('blockquote', text, attrs);
    return this.addRaw(element).addEOL();
  }
  addLink(text, href) {
    const element = this.wrap('a', text, { href });
    return this.addRaw(element).addEOL();
  }
}
const _summary = new Summary();
const markdownSummary = (null && (_summary));
const summary = _summary;
;// CONCATENATED MODULE: ./node_modules/@actions/core/lib/path-utils.js
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
const platform = external_os_namespaceObject.platform();
const arch = external_os_namespaceObject.arch();
const isWindows = platform === 'win32';
const isMacOS = platform === 'darwin';
const isLinux = platform === 'linux';
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






var ExitCode;
(function (ExitCode) {
  ExitCode[ExitCode["Success"] = 0] = "Success";
  ExitCode[ExitCode["Failure"] = 1] = "Failure";
})(ExitCode || (ExitCode = {}));
function exportVariable(name, val) {
  const convertedVal = toCommandValue(val);
  process.env[name] = convertedVal;
  const filePath = process.env['GITHUB_ENV'] || '';
  if (filePath) {
    return file_command_issueFileCommand('ENV', prepareKeyValueMessage(name, val));
  }
  command_issueCommand('set-env', { name }, convertedVal);
}
function core_setSecret(secret) {
  command_issueCommand('add-mask', {}, secret);
}
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
function setOutput(name, value) {
  const filePath = process.env['GITHUB_OUTPUT'] || '';
  if (filePath) {
    return file_command_issueFileCommand('OUTPUT', prepareKeyValueMessage(name, value));
  }
  process.stdout.write(external_os_namespaceObject.EOL);
  command_issueCommand('set-output', { name }, toCommandValue(value));
}
function core_debug(message) {
  command_issueCommand('debug', {}, message);
}
function error(message, properties = {}) {
  command_issueCommand('error', utils_toCommandProperties(properties), message instanceof Error ? message.toString() : message);
}
function warning(message, properties = {}) {
  command_issueCommand('warning', utils_toCommandProperties(properties), message instanceof Error ? message.toString() : message);
}
function notice(message, properties = {}) {
  issueCommand('notice', toCommandProperties(properties), message instanceof Error ? message.toString() : message);
}
function info(message) {
  process.stdout.write(message + external_os_namespaceObject.EOL);
}
function startGroup(name) {
  issue('group', name);
}
function endGroup() {
  issue('endgroup');
}
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
function saveState(name, value) {
  const filePath = process.env['GITHUB_STATE'] || '';
  if (filePath) {
    return file_command_issueFileCommand('STATE', prepareKeyValueMessage(name, value));
  }
  command_issueCommand('save-state', { name }, toCommandValue(value));
}
function getIDToken(aud) {
  return core_awaiter(this, void 0, void 0, function* () {
    return yield OidcClient.getIDToken(aud);
  });
}




;// CONCATENATED MODULE: ./src/inputs/mistakes.ts

/*
 * What people paste that cannot be right. A secret consists of visible ASCII characters (RFC 6749 appendix A), and
 * Zendesk's of letters and digits: anything else would be sent in vain, and come back as `invalid_client`.
 */
const QUOTED = /^(["'`])[^]*\1$|^[“”„‘’‚«»][^]*[“”„‘’‚«»]$/;
const ANGLED = /^<[^]*>$/;
const SCHEME = /^(?:authorization:\s*)?(?:bearer|basic)\s+/i;
const TOO_SHORT = /^[^]{0,7}$/;
const CONTROL = /[\0-\x1f\x7f-\x9f]/;
/** What a value looks like that cannot be a secret, and what is to be said about it. The first that fits counts. */
const FORMS = {
  quoted: [QUOTED, 'is wrapped in quotes, which would be sent as part of it. Save it without them.'],
  unreplaced: [
    /^(?:\$|\{\{|<|%[^%\s]+%$|\*+$)/,
    'looks like a variable, an expression or a placeholder that nobody replaced. Save the secret itself, and pass it as `${{ secrets.NAME }}`.'
  ],
  json: [/^[{[]/, 'looks like JSON. Take the one value out of it, and give only that.'],
  scheme: [SCHEME, 'begins with the scheme of a header, such as `Bearer`. Save only what follows it.'],
  short: [
    TOO_SHORT,
    'is shorter than 8 characters, too short for a secret (it was neither sent nor masked). Copy all of it.'
  ],
  long: [/^[^]{8193}/, 'is longer than 8192 characters. Copy only the secret.']
};
/** Characters that a value cannot have inside it: what they are, and what to do. */
const CHARACTERS = {
  control: ['a control character, such as a line break', 'Write it on one line.'],
  invisible: ['an invisible character', 'Copy the value again without it, or type it.'],
  space: ['white space, like a copy from a wrapped line', 'Copy it again, as one word.'],
  foreign: ['a character that is not ASCII', 'Copy it again from where it was created.']
};
function characterKind(character) {
  if (/[!-~]/.test(character))
    return undefined;
  if (replaceInvisible(character, () => '') === '')
    return 'invisible';
  if (CONTROL.test(character))
    return 'control';
  return /\s/.test(character) ? 'space' : 'foreign';
}
/** What is wrong with a text that contains a control or an invisible character. */
function textMistake(value) {
  return oddCharacter(value, ['control', 'invisible']);
}
/** What is wrong with a value that cannot be a secret, as a sentence or two that do not show it. */
function secretMistake(value) {
  const form = Object.values(FORMS).find(([pattern]) => pattern.test(value));
  if (form !== undefined)
    return `the value ${form[1]}`;
  return oddCharacter(value, ['control', 'invisible', 'space', 'foreign']);
}
/** Names the first character of one of `kinds` in `value` and its place, counted in code points. */
function oddCharacter(value, kinds) {
  for (const [index, character] of Array.from(value).entries()) {
    const kind = characterKind(character);
    if (kind === undefined || !kinds.includes(kind))
      continue;
    const [what, cure] = CHARACTERS[kind];
    const place = index === 0 ? 'as the 1st character' : `after the ${ordinal(index)} character`;
    return `the value contains ${what}: ${codePoint(character)} ${place}. ${cure}`;
  }
  return undefined;
}
/** `U+200B` for a zero width space. */
function codePoint(character) {
  // eslint-disable-next-line @typescript-eslint/no-non-null-assertion -- there is a character
  return `U+${character.codePointAt(0).toString(16).toUpperCase().padStart(4, '0')}`;
}
/** `1st`, `2nd`, `3rd`, `4th`, `11th`. */
function ordinal(number) {
  const isTeen = Math.floor(number / 10) % 10 === 1;
  const ending = isTeen ? undefined : ['th', 'st', 'nd', 'rd'][number % 10];
  return `${number}${ending ?? 'th'}`;
}
/** Whether a value is long enough to be masked, and one line. */
function isMaskable(value) {
  return !TOO_SHORT.test(value) && !CONTROL.test(value);
}
/** Whether a value has quotes or angle brackets around it. */
function isWrapped(value) {
  return QUOTED.test(value) || ANGLED.test(value);
}
/** A secret without what is around it, or the scheme in front of it, which it is refused for. */
function bareSecret(value) {
  return trim(isWrapped(value) ? value.slice(1, -1) : value.replace(SCHEME, ''));
}
/** Whether a value that is no secret input is probably one: 40 or more letters and digits, at least four digits. */
function looksLikeSecret(value) {
  return /^(?=(?:[a-z]*\d){4})[a-z\d]{40,}$/i.test(replaceInvisible(value, () => ''));
}

;// CONCATENATED MODULE: ./src/inputs/input-reader.ts






/** Why a secret that the workflow names can be empty. */
const IF_FROM_SECRET = 'If it comes from a secret, check that the secret exists in this repository or environment; runs from forks and Dependabot get none.';
/** Why a value that is required can be empty. */
const IF_FROM_CONTEXT = 'If it comes from `vars` or `secrets`, check that it exists in this repository or environment; runs from forks and Dependabot get no secrets.';
/** The inputs of a step are invalid; the message names every problem. */
class InputError extends Error {
}
/** The value of an input without white space and invisible characters at its ends; empty if it is not set. */
function given(input) {
  return trim(getInput(input));
}
/** Whether an input has a value. */
function isSet(input) {
  return given(input) !== '';
}
/** A value for an error: cleaned, and without what may be a secret or the password of a URL. */
function shown(value) {
  if (looksLikeSecret(value))
    return '***';
  const end = value.lastIndexOf('@');
  return clean(end === -1 ? value : `***${value.slice(end)}`);
}
/** Reads inputs one by one and collects what is wrong with them, so that one error can name all of it. */
class InputReader {
  #problems = new Set();
  #warnings = [];
  /** Notes that `input` is invalid: a sentence or two on what is wrong, and what to write instead. */
  problem(input, wrong) {
    this.#problems.add(`\`${input}\`: ${wrong}`);
  }
  /** Notes what the author should know about an input, although it is valid. */
  warning(input, text) {
    this.#warnings.push(`\`${input}\`: ${text}`);
  }
  /**
   * Logs the warnings, if all inputs are valid.
   *
   * @throws {InputError} that names every problem
   */
  finish(log) {
    const problems = [...this.#problems];
    if (problems.length > 1) {
      const all = problems.map((problem, index) => `(${index + 1}) ${problem}`).join(' ');
      throw new InputError(`${problems.length} invalid inputs: ${all}`);
    }
    if (problems.length === 1)
      throw new InputError(`Invalid input ${problems.join('')}`);
    this.#warnings.forEach(log.warning);
  }
  /** The value; empty if there is none, or it has a control or an invisible character inside. */
  text(input) {
    return this.#checked(input, given(input));
  }
  /** A text in which white space and invisible characters separate words: each becomes a blank. */
  words(input) {
    return this.#checked(input, replaceInvisible(given(input), () => ' ').replace(/\s/g, ' '));
  }
  #checked(input, value) {
    const mistake = textMistake(value);
    if (mistake === undefined)
      return value;
    this.problem(input, mistake);
    return '';
  }
  /** A text that must be set. */
  required(input, cure) {
    if (!isSet(input))
      this.problem(input, `it is required, but empty. ${cure} ${IF_FROM_CONTEXT}`);
    return this.text(input);
  }
  /** A secret; one that is set must be usable. */
  secret(input, value = given(input)) {
    const mistake = value === '' ? undefined : secretMistake(value);
    if (mistake !== undefined)
      this.problem(input, mistake);
    return new Secret(value);
  }
  /** One of `choices`, in any case; the first if it is not set. */
  choice(input, choices) {
    const value = this.text(input).toLowerCase() || choices[0];
    const choice = choices.find((known) => known === value);
    if (choice !== undefined)
      return choice;
    const known = choices.map((each) => `\`${each}\``).join(' or ');
    this.problem(input, `"${shown(value)}" is not valid. Write ${known}.`);
    return choices[0];
  }
  /** `true` or `false`, in any case. */
  flag(input, ifEmpty) {
    return this.choice(input, ifEmpty ? ['true', 'false'] : ['false', 'true']) === 'true';
  }
  /** A whole number of seconds from `min` to `max`. */
  seconds(input, [min, max], ifEmpty) {
    const value = this.text(input);
    if (value === '')
      return ifEmpty;
    const number = /^\d+$/.test(value) ? Number(value) : NaN;
    if (!(number >= min && number <= max)) {
      this.problem(input, `"${shown(value)}" is not a whole number of seconds from ${min} to ${max}.`);
    }
    return number;
  }
}

;// CONCATENATED MODULE: ./src/inputs/credentials.ts






/** The inputs of each kind of credential: which one chooses it, which are secret, and whether post may use it again. */
const CREDENTIAL_INPUTS = {
  api_token: { chosenBy: 'api-token', secret: ['api-token'], usedByPost: true },
  access_token: { chosenBy: 'access-token', secret: ['access-token'], usedByPost: true },
  client_credentials: { chosenBy: 'client-secret', secret: ['client-secret'], usedByPost: true },
  authorization_code: {
    chosenBy: 'authorization-code',
    secret: ['authorization-code', 'code-verifier', 'client-secret'],
    usedByPost: false
  },
  refresh_token: { chosenBy: 'refresh-token', secret: ['refresh-token', 'client-secret'], usedByPost: false }
};
/** Every secret input. */
const SECRET_INPUTS = [
  ...new Set(Object.values(CREDENTIAL_INPUTS).flatMap(({ secret }) => secret))
];
/** Reads a credential of one of `kinds`: the one whose input is set, else client credentials. */
function readCredential(reader, kinds) {
  // `client-secret` belongs to the two one-time grants as well.
  const chosen = kinds.filter((kind) => kind !== 'client_credentials' && isSet(CREDENTIAL_INPUTS[kind].chosenBy));
  const [kind = 'client_credentials', second] = chosen;
  if (second !== undefined) {
    const names = chosen.map((each) => `\`${CREDENTIAL_INPUTS[each].chosenBy}\``).join(' and ');
    const all = chosen.length === 2 ? 'both' : 'all';
    reader.problem(CREDENTIAL_INPUTS[second].chosenBy, `${names} are ${all} set. Set only one.`);
  }
  const credential = readKind(reader, kind);
  checkCombination(reader, credential);
  return credential;
}
function readKind(reader, kind) {
  const optional = (input) => (isSet(input) ? reader.secret(input) : undefined);
  const secret = kind === 'authorization_code' ? readCode(reader) : reader.secret(CREDENTIAL_INPUTS[kind].chosenBy);
  const email = adminEmail(reader.text('email'));
  const authMethod = reader.choice('token-endpoint-auth-method', AUTH_METHODS);
  const client = { clientSecret: optional('client-secret'), authMethod };
  const code = { redirectUri: reader.text('redirect-uri'), codeVerifier: optional('code-verifier') };
  switch (kind) {
    case 'api_token':
      return { kind, email, apiToken: secret };
    case 'access_token':
      return { kind, accessToken: secret };
    case 'client_credentials':
      return { kind, clientSecret: secret, authMethod };
    case 'authorization_code':
      return { kind, code: secret, ...code, ...client };
    case 'refresh_token':
      return { kind, refreshToken: secret, ...client };
  }
}
/** Reads the authorization code, also out of the address that the browser was sent to. */
function readCode(reader) {
  const input = 'authorization-code';
  const value = given(input);
  // Refused as a whole: what is around it would become a part of the code, and the place of a character is its place here.
  if (isWrapped(value) || textMistake(value) !== undefined)
    return reader.secret(input);
  const { code, error } = authorizationResponse(value);
  if (error !== '') {
    const text = `the browser came back with the error \`${clean(error)}\` instead of a code. Ask for consent again.`;
    reader.problem(input, text);
  }
  else if (code === '') {
    reader.problem(input, 'the address has no `code` in it. Copy all of what the browser shows after the consent.');
  }
  return reader.secret(input, code);
}
/** Reads the credential again in post, unchecked: a bug of the runner can give it the inputs of another step. */
function rereadCredential(kind, authMethod) {
  const credential = readKind(new InputReader(), kind);
  return isAdmin(credential) ? credential : { ...credential, authMethod };
}
/** Notes which inputs the credential lacks, and which do not belong to it. */
function checkCombination(reader, credential) {
  const { kind } = credential;
  if (kind === 'client_credentials' && !isSet('client-secret') && !isSet('email')) {
    reader.problem('client-secret', `no credential is set. Set \`client-secret\` (recommended), or \`email\` and \`api-token\`. ${IF_FROM_SECRET}`);
  }
  if (isAdmin(credential) && isSet('client-secret')) {
    const text = `\`client-secret\` and \`${CREDENTIAL_INPUTS[kind].chosenBy}\` are both set. Set only one.`;
    reader.problem('client-secret', text);
  }
  checkEmail(reader, kind);
  checkCode(reader, kind);
}
/** An e-mail address belongs to an API token, and to nothing else. */
function checkEmail(reader, kind) {
  if (kind !== 'api_token') {
    if (!isSet('email'))
      return;
    const text = `\`email\` is set, but \`api-token\` is empty. Set it, or remove \`email\`. ${IF_FROM_SECRET}`;
    reader.problem('api-token', text);
    return;
  }
  if (adminEmail(given('email')) === '')
    reader.problem('email', '`api-token` needs the e-mail address of the admin that it belongs to.');
  const email = adminEmail(reader.text('email'));
  if (email !== '' && !/^[^\s:@]+@[^\s:@]+$/.test(email))
    reader.problem('email', 'it is not an e-mail address. Write the one that the admin signs in with.');
}
/** A redirect URI and a code verifier belong to an authorization code, and to nothing else. */
function checkCode(reader, kind) {
  if (kind !== 'authorization_code') {
    for (const input of ['redirect-uri', 'code-verifier'].filter(isSet)) {
      const text = `it is used only with \`authorization-code\`, which is empty. Set that, or remove this. ${IF_FROM_SECRET}`;
      reader.problem(input, text);
    }
    return;
  }
  if (!isSet('redirect-uri')) {
    const text = '`authorization-code` needs it. Write the redirect URI that the code was requested with.';
    reader.problem('redirect-uri', text);
  }
  if (!isSet('code-verifier') && !isSet('client-secret')) {
    const text = `\`authorization-code\` needs it, or \`client-secret\`, or both. ${IF_FROM_SECRET}`;
    reader.problem('code-verifier', text);
  }
}
/** Whether `client-id` is probably a secret, as if it were swapped with `client-secret`. */
function isClientIdSecret() {
  return looksLikeSecret(given('client-id')) && !looksLikeSecret(given('client-secret'));
}
/** An e-mail address as the Basic header needs it: without the `/token` that Zendesk's examples append. */
function adminEmail(email) {
  return email.replace(/\/token$/, '');
}

;// CONCATENATED MODULE: ./src/inputs/inputs.ts








const HOUR = 3_600_000;
/** Seconds: the lowest and the highest `timeout-seconds`. */
const TIMEOUT_RANGE = [5, 3600];
/**
 * Reads and checks every input of the main step, and logs the warnings about them.
 *
 * @throws {InputError} that names every invalid input, and what to write instead
 */
function readMainInputs(log) {
  const reader = new InputReader();
  const account = readAccount(reader, readCredential(reader, CREDENTIAL_KINDS), 300);
  const { credential } = account;
  const scopes = readScopes(reader);
  const expiresIn = reader.seconds('expires-in', [300, 172_800], 3600);
  if (isAdmin(credential) && isSet('expires-in')) {
    reader.problem('expires-in', `a token minted with \`${CREDENTIAL_INPUTS[credential.kind].chosenBy}\` cannot be given a lifetime. Remove it, or use \`client-secret\`.`);
  }
  const inputs = {
    ...account,
    scopes: scopes.length === 0 && isAdmin(credential) ? ['read', 'write'] : scopes,
    hasDefaultScopes: scopes.length === 0,
    expiresIn: isAdmin(credential) ? undefined : expiresIn,
    skipRevoke: reader.choice('skip-token-revoke', ['auto', 'true', 'false']),
    exportEnv: reader.flag('export-env', false),
    jobSummary: reader.flag('job-summary', false)
  };
  reader.finish(log);
  return inputs;
}
/**
 * Reads and checks every input of the sweep, and logs the warnings about them.
 *
 * @throws {InputError} that names every invalid input, and what to write instead
 */
function readSweepInputs(log) {
  const reader = new InputReader();
  const credential = readCredential(reader, ['api_token', 'access_token', 'client_credentials']);
  const inputs = {
    ...readAccount(reader, credential, 600),
    olderThan: readAge(reader),
    allUsers: reader.flag('all-users', false),
    dryRun: reader.flag('dry-run', true),
    jobSummary: reader.flag('job-summary', true)
  };
  reader.finish(log);
  return inputs;
}
function readAccount(reader, credential, defaultTimeout) {
  const name = reader.required('subdomain', 'Write `acme` for https://acme.zendesk.com.');
  const subdomain = subdomainOf(name) ?? '';
  if (name !== '' && subdomain === '') {
    reader.problem('subdomain', `"${shown(name)}" is not a Zendesk subdomain. Write \`acme\`, \`acme.zendesk.com\` or \`https://acme.zendesk.com/\`.`);
  }
  const base = reader.text('base-url');
  const origin = base === '' ? `https://${subdomain}.zendesk.com` : readOrigin(base);
  if (origin === undefined) {
    reader.problem('base-url', `"${shown(base)}" is not an origin. Write https://host or https://host:port, without a path (http:// only for localhost and 127.0.0.0/8).`);
  }
  else if (isForeign(origin, subdomain)) {
    reader.warning('base-url', `${clean(new URL(origin).host)} is about to receive the credential, and is not ${subdomain}.zendesk.com.`);
  }
  const timeoutSeconds = reader.seconds('timeout-seconds', TIMEOUT_RANGE, defaultTimeout);
  const clientId = readClientId(reader, credential);
  return { subdomain, origin: origin ?? '', clientId, credential, timeoutSeconds };
}
function readClientId(reader, credential) {
  const cure = 'Write the unique identifier of the OAuth client, from Admin Center.';
  const clientId = reader.required('client-id', cure);
  if (isClientIdSecret()) {
    const other = isSet('client-secret') ? 'client-secret' : CREDENTIAL_INPUTS[credential.kind].chosenBy;
    const text = `it looks like a secret, so it was masked and not sent. Are \`client-id\` and \`${other}\` swapped? ${cure}`;
    reader.problem('client-id', text);
  }
  else if (/\s/.test(clientId)) {
    reader.problem('client-id', `it contains white space, like the name of a client. ${cure}`);
  }
  else if (/^[^@]+@[^@]+$/.test(clientId)) {
    reader.problem('client-id', `it is an e-mail address. ${cure}`);
  }
  else if (isNumeric(clientId) && !isAdmin(credential)) {
    const input = CREDENTIAL_INPUTS[credential.kind].chosenBy;
    const text = `${shown(clientId)} is a number, but \`${input}\` needs the client's unique identifier, such as \`ci_bot\`.`;
    reader.warning('client-id', text);
  }
  else if (isNumeric(clientId) && positiveInteger(Number(clientId)) === undefined) {
    reader.problem('client-id', `${shown(clientId)} is not a possible id. ${cure}`);
  }
  return clientId;
}
function readScopes(reader) {
  const text = reader.words('scopes');
  if (text.length > SCOPES_LIMIT) {
    reader.problem('scopes', `the value is longer than ${SCOPES_LIMIT} characters.`);
    return [];
  }
  const scopes = splitScopes(text);
  const malformed = scopes.filter((scope) => !isWellFormedScope(scope));
  if (malformed.length > 0) {
    reader.problem('scopes', `"${shown(malformed.join(' '))}" cannot be a scope. Write names such as \`tickets:read\`, separated by spaces.`);
  }
  const unknown = scopes.flatMap((scope) => {
    const nearest = nearestScope(scope);
    return nearest === undefined ? [] : `${shown(scope)} (did you mean ${nearest}?)`;
  });
  if (unknown.length > 0)
    reader.warning('scopes', `Zendesk documents no scope ${unknown.join(', ')}.`);
  return scopes;
}
/** `older-than` in milliseconds: a number of minutes, hours or days, at least one hour. */
function readAge(reader) {
  const value = reader.text('older-than').toLowerCase() || '24h';
  const [, count, unit = ''] = /^(\d{1,6})([mhd])$/.exec(value) ?? [];
  const age = Number(count) * ({ m: HOUR / 60, h: HOUR, d: 24 * HOUR }[unit] ?? NaN);
  if (!(age >= HOUR)) {
    reader.problem('older-than', `"${shown(value)}" is not an age of at least an hour. Write \`90m\`, \`36h\` or \`7d\`.`);
  }
  return age;
}

;// CONCATENATED MODULE: external "node:net"
const external_node_net_namespaceObject = require("node:net");
;// CONCATENATED MODULE: ./src/zendesk/http/lookup.ts

let pending = 0;
/** As `dns.lookup`, which cannot be cancelled; counts the look-ups that have not come back. */
const lookup = (hostname, options, callback) => {
  pending += 1;
  // Not imported: a step that connects to an IP address, or fails before it connects, need not load it.
  process.getBuiltinModule('node:dns').lookup(hostname, options, (...found) => {
    pending -= 1;
    callback(...found);
  });
};
/** Whether the system still looks up a host name: if its name servers do not answer, that takes up to a minute. */
function isLookingUp() {
  return pending > 0;
}

;// CONCATENATED MODULE: ./src/zendesk/http/network-error.ts

/** Why a request got no complete response. */
const NETWORK_CAUSES = {
  dns: 'The host name was not found (DNS)',
  certificate: 'The certificate of the server is not trusted (TLS)',
  clientCertificate: 'The server demands a client certificate (TLS)',
  tls: 'The secure connection failed (TLS)',
  connection: 'The server could not be reached',
  proxy: 'The proxy could not be reached',
  proxyBroken: 'The proxy gave no usable response to CONNECT',
  proxyUnreachable: 'The proxy could not reach the server',
  proxyRefused: 'The proxy refused the connection',
  proxyUnreadable: 'The proxy URL cannot be read',
  proxyIsHttps: 'The proxy URL begins with https://',
  brokenOff: 'The connection broke before the response was complete',
  unusableResponse: 'The response cannot be used',
  tooLarge: 'The response is larger than 1 MiB',
  proxyTimeout: 'The proxy did not respond in time',
  lookupTimeout: 'Looking up the host name took too long (DNS)',
  connectTimeout: 'Connecting to the server took too long',
  tlsTimeout: 'Setting up the secure connection took too long (TLS)',
  timeout: 'There was no response in time',
  cancelled: 'The job was cancelled',
  // Node refuses to make such a request: the network is not at fault.
  unsendable: 'The request could not be sent'
};
/** A request that got no complete response. */
class NetworkError extends Error {
  kind;
  sent;
  code;
  staleConnection;
  proxy;
  /**
   * @param sent whether the request was on its way, so that Zendesk may have carried it out
   * @param code what the system or the proxy called it, such as `ECONNREFUSED` or `407`
   */
  constructor(kind, sent, code = '', { staleConnection = false, proxy } = {}) {
    super(`${NETWORK_CAUSES[kind]}${code && `: ${code}`}`);
    this.kind = kind;
    this.sent = sent;
    this.code = code;
    this.staleConnection = staleConnection;
    this.proxy = proxy;
  }
}
const TUNNEL = 'tunneling socket could not be established, ';
// Node calls what it has no name for, such as a key that is too weak, UNSPECIFIED.
const CERTIFICATE = /CERT|CRL|^UNABLE_TO_|^INVALID_|PATH_LENGTH|HOSTNAME_MISMATCH|^UNSPECIFIED$/;
/**
 * Classifies an error of Node, or of the `tunnel` package below http-client. `tunnel` reports everything that
 * happens at a proxy as `ECONNRESET`, so its message has to be read.
 *
 * @param sent whether the request was written to its connection
 */
function networkError(error, sent, details = {}) {
  const { code = '', message } = error;
  const unsent = (kind, named = code) => new NetworkError(kind, false, named, { proxy: details.proxy });
  if (message.startsWith(TUNNEL)) {
    const status = /statusCode=(\d+)/.exec(message)?.[1];
    if (status === undefined) {
      const [named = ''] = /\bE[A-Z_]{4,}\b/.exec(message) ?? [];
      return unsent(['', 'ECONNRESET', 'EPIPE'].includes(named) ? 'proxyBroken' : 'proxy', named);
    }
    // What squid, tinyproxy, privoxy and mitmproxy say if they cannot reach the host now.
    return unsent(/^(?:5..|429)$/.test(status) ? 'proxyUnreachable' : 'proxyRefused', status);
  }
  if (message === 'got illegal response body from proxy')
    return unsent('proxyBroken', '');
  if (code.startsWith('ERR_INVALID'))
    return unsent('unsendable');
  if (code === 'ENOTFOUND' || code.startsWith('EAI_'))
    return unsent('dns');
  // In TLS 1.3 the server says so after the request was written, and before it reads any of it.
  if (/_ALERT_.*CERT/.test(code))
    return unsent('clientCertificate');
  if (CERTIFICATE.test(code))
    return unsent('certificate');
  if (code === 'EPROTO' || code.startsWith('ERR_SSL'))
    return new NetworkError('tls', sent, code, details);
  // Node's parser refuses the response, and would refuse it again.
  if (code.startsWith('HPE_'))
    return new NetworkError('unusableResponse', true, code);
  return new NetworkError(sent ? 'brokenOff' : 'connection', sent, code, details);
}

;// CONCATENATED MODULE: ./src/zendesk/http/proxy.ts




/** The variables that http-client reads, by the protocol of the request. */
const VARIABLES = { 'https:': ['https_proxy', 'HTTPS_PROXY'], 'http:': ['http_proxy', 'HTTP_PROXY'] };
/**
 * Returns the passwords in the proxy variables of `env`, as they are written there and as they are sent: what stands
 * between the user name and the last `@`, also in a URL that cannot be read.
 */
function proxyPasswords(env) {
  const values = Object.values(VARIABLES).flatMap((names) => names.map((name) => env[name] ?? ''));
  const passwords = values.flatMap((value) => {
    const [, written = ''] = /^(?:[^:/@]*:\/\/)?[^:@]*:(?!\/\/)([^]*)@/.exec(value) ?? [];
    return [written, URL.parse(value)?.password ?? '', decode(written) ?? ''];
  });
  return [...new Set(passwords)].filter(Boolean);
}
/**
 * The proxy for `url`, if there is one. http-client silently ignores a proxy URL that it cannot read, so that the
 * request would bypass the proxy; and it checks the certificate of an `https://` proxy against the name of the target.
 *
 * @throws {NetworkError} that names the variable, if there is a proxy, but not a usable one
 */
function proxyFor(url, env) {
  const variable = VARIABLES[url.protocol].find((name) => env[name]);
  if (variable === undefined || checkBypass(url))
    return undefined;
  // As http-client does: with `http://` in front if it has no scheme.
  // eslint-disable-next-line @typescript-eslint/no-non-null-assertion -- it was found because it has a value
  const value = env[variable];
  const proxy = URL.parse(value) ?? (/^https?:\/\//.test(value) ? null : URL.parse(`http://${value}`));
  // The runner's `.env` keeps quotes around a value: they would become a part of the host name.
  const hasHost = /^(?:[\w.-]+|\[[\da-f:.]+\])$/i.test(proxy?.hostname ?? '') && !/[“”‘’«»]/.test(value);
  const unusable = (kind, address = '') => new NetworkError(kind, false, '', { proxy: { variable, address, hasUser: false } });
  if (proxy === null || !hasHost)
    throw unusable('proxyUnreadable');
  const { protocol, hostname, port, username, password, pathname, search, hash } = proxy;
  // The password has a `/`, `?` or `#`, so that its beginning looks like a port.
  if (`${pathname}${search}${hash}`.includes('@'))
    throw unusable('proxyUnreadable');
  if (protocol === 'https:')
    throw unusable('proxyIsHttps', `${hostname}:${port || 443}`);
  if (protocol !== 'http:' || decode(username + password) === undefined)
    throw unusable('proxyUnreadable');
  return { variable, address: `${hostname}:${port || 80}`, hasUser: username + password !== '' };
}
/** Gives an agent of `tunnel` what it does not take from the request. */
function adaptToProxy(agent) {
  const { options, proxyOptions } = agent;
  options.rejectUnauthorized = true;
  proxyOptions.lookup = lookup;
  // http-client keeps the brackets of an IPv6 address, which no socket takes.
  proxyOptions.host = withoutBrackets(proxyOptions.host);
}
/** The host name of a URL as a socket takes it: an IPv6 address without its brackets. */
function withoutBrackets(hostname) {
  return hostname.replace(/^\[|\]$/g, '');
}
function decode(text) {
  try {
    return decodeURIComponent(text);
  }
  catch {
    return undefined;
  }
}

;// CONCATENATED MODULE: ./src/inputs/mask-inputs.ts









/**
 * Masks secret inputs, the Basic headers made of these, and the passwords of proxies. This comes before everything else
 * that a step does, and before the inputs are known to be valid.
 *
 * @param names every secret input, or in post those of the credential in the state
 * @param client for the Basic header of a client, in post that of the state
 */
function maskInputs(log, names = SECRET_INPUTS, client = { clientId: given('client-id'), authMethod: given('token-endpoint-auth-method').toLowerCase() }) {
  const masks = new Set(names.flatMap(formsOf));
  const clientId = given('client-id');
  if (isClientIdSecret())
    masks.add(clientId).add(replaceInvisible(clientId, () => ''));
  for (const mask of masks)
    if (isMaskable(mask))
      log.mask(mask);
  const valueOf = (input) => (names.includes(input) ? given(input) : '');
  const [email, apiToken] = [adminEmail(given('email')), valueOf('api-token')];
  if (email !== '' && isMaskable(apiToken))
    log.mask(apiTokenBasic(email, apiToken));
  const clientSecret = valueOf('client-secret');
  if (client.authMethod === 'client_secret_basic' && isMaskable(clientSecret))
    log.mask(clientBasic(client.clientId, clientSecret));
  for (const password of proxyPasswords(process.env))
    log.mask(password);
}
/** All that is masked of an input: what is sent, and a value that is refused with and without what it is refused for. */
function formsOf(input) {
  const value = given(input);
  const values = input === 'authorization-code' ? codesIn(value) : [getInput(input), value];
  return values.flatMap((each) => [each, replaceInvisible(each, () => ''), bareSecret(each)]);
}
/** An authorization code as it is sent and as it may be shown, also of a value that is refused for what is around it. */
function codesIn(value) {
  const { code, rawCode } = authorizationResponse(bareSecret(value));
  return [rawCode, code, percentDecoded(code)];
}

;// CONCATENATED MODULE: ./src/zendesk/http/request.ts

/** Whether a request is an OAuth grant: it goes to `/oauth/tokens`, and no token authorizes it. */
function isGrant({ operation }) {
  return operation === 'grantToken' || operation === 'grantCleanupToken';
}
/** The path of a request without its query, which may hold a cursor that is not ours to print. */
function pathOf({ path }) {
  return path.replace(/\?.*/s, '');
}

;// CONCATENATED MODULE: external "node:fs"
const external_node_fs_namespaceObject = require("node:fs");
;// CONCATENATED MODULE: ./src/report/certificate-advice.ts


/** Bytes: far above any file of certificates. */
const FILE_LIMIT = 4 * 1024 * 1024;
/**
 * What to do about a certificate that is not trusted.
 *
 * @param code OpenSSL's name of the problem, such as `CERT_HAS_EXPIRED`
 */
function certificateAdvice(code, host, env) {
  const { NODE_EXTRA_CA_CERTS: file, NODE_TLS_REJECT_UNAUTHORIZED: isIgnored } = env;
  const ignored = isIgnored === '0' ? ' `NODE_TLS_REJECT_UNAUTHORIZED` is not obeyed.' : '';
  return `${adviceFor(code, host, file)}${ignored}`;
}
function adviceFor(code, host, file) {
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID') {
    const problem = code === 'CERT_HAS_EXPIRED' ? 'has expired' : 'is not yet valid';
    return `It ${problem}, or the clock of the runner is wrong. Check that clock, and what is between the runner and ${host}.`;
  }
  if (code === 'UNSPECIFIED')
    return `Its key or its signature may be too weak. Check what is between the runner and ${host}.`;
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return `It is for another host. Check \`base-url\`, and what is between the runner and ${host}.`;
  if (!file)
    return 'If a proxy of yours inspects TLS, give its CA to the runner in `NODE_EXTRA_CA_CERTS`. Otherwise check `base-url`: the connection may be intercepted.';
  return `\`NODE_EXTRA_CA_CERTS\` is set, but ${clean(file)} ${problemWith(file)}. Correct it, or check \`base-url\`: the connection may be intercepted.`;
}
/** What may be wrong with a file of certificates: Node takes PEM, and silently ignores what it cannot read. */
function problemWith(file) {
  try {
    const stat = (0,external_node_fs_namespaceObject.statSync)(file);
    if (!stat.isFile())
      return 'is not a file';
    const isPem = stat.size <= FILE_LIMIT && /-----BEGIN (?:\w+ )?CERTIFICATE-----/.test((0,external_node_fs_namespaceObject.readFileSync)(file, 'utf8'));
    return isPem ? 'does not vouch for it' : 'has no certificate in PEM format';
  }
  catch (error) {
    return `cannot be read (${String(error.code)})`;
  }
}

;// CONCATENATED MODULE: ./src/lib/deadline.ts

/** Nothing new may be started: the runner cancelled the job, or the step reached its timeout. */
class StepEnded extends Error {
  kind;
  constructor(kind, seconds) {
    super(kind === 'cancelled' ? 'The job was cancelled.' : `The step reached its timeout of ${seconds} s.`);
    this.kind = kind;
  }
}
/** Milliseconds after a cancellation at which all work has to end: the runner kills the process at 10,000. */
const LONGEST_AFTER_CANCELLATION = 9000;
/** Reserved for cleanup and the final message: 5 s or 20 % of the timeout, whichever is less. */
function reserveOf(seconds) {
  return Math.min(5000, seconds * 200);
}
/** When a step's work has to end, and whether it may start anything new. */
class Deadline {
  clock;
  seconds;
  signal;
  /** By the clock's `elapsed()`: when the work has to end, and its cleanup. */
  #end;
  #limit;
  #cancelledAt = Infinity;
  /**
   * @param seconds the timeout of the whole step, counted from the start of the process
   * @param signal aborted when the runner cancels the job
   * @param reserve milliseconds at the end of the timeout that are not for the work
   */
  constructor(clock, seconds, signal, reserve = 0) {
    this.clock = clock;
    this.seconds = seconds;
    this.signal = signal;
    this.#limit = seconds * 1000;
    this.#end = this.#limit - reserve;
    signal.addEventListener('abort', () => (this.#cancelledAt = clock.elapsed()));
  }
  /** Milliseconds left for the work, never below 0. */
  remaining() {
    return Math.max(0, this.#end - this.clock.elapsed());
  }
  /** Throws {@link StepEnded} if nothing new may be started. */
  check() {
    if (this.signal.aborted)
      throw new StepEnded('cancelled', this.seconds);
    if (this.remaining() <= 0)
      throw new StepEnded('deadline', this.seconds);
  }
  /** Whether nothing new may be started. */
  isOver() {
    return this.signal.aborted || this.remaining() <= 0;
  }
  /** A deadline for cleanup, which neither a cancellation nor this deadline ends: in `ms`, but within the timeout. */
  forCleanup(ms) {
    const cleanup = new Deadline(this.clock, this.seconds, new AbortController().signal);
    cleanup.#limit = Math.min(this.#limit, this.#cancelledAt + LONGEST_AFTER_CANCELLATION);
    cleanup.#end = Math.min(cleanup.#limit, this.clock.elapsed() + ms);
    return cleanup;
  }
}

;// CONCATENATED MODULE: ./src/zendesk/http/response.ts


/** Whether a response accepts a request: a 2xx that is not a web page. */
function isAccepted({ status, html }) {
  return status >= 200 && status < 300 && !html;
}
/** Whether a 401 is Zendesk's own word about the credential: its body is a JSON object with a string `error`. */
function isRejection({ status, json }) {
  return status === 401 && typeof asObject(json)['error'] === 'string';
}
/**
 * Whether a response has this status and is the account's own word: its body is a JSON object, unlike a gateway's page,
 * and it does not say that there is no account.
 */
function isFromAccount(response, wanted) {
  return response.status === wanted && isObject(response.json) && !isMissingAccount(response);
}
/**
 * Whether Zendesk says that no account has this address: below `/api/v2` by a 404 "No help desk at …", elsewhere by a
 * redirect to its own site.
 */
function isMissingAccount({ status, json, location = '' }) {
  const title = asText(asObject(asObject(json)['error'])['title']) ?? '';
  if (status === 404)
    return /^\s*No help desk at/i.test(title);
  return (isRedirect(status) &&
    /^(?:https?:)?\/\/www\.zendesk\.com(?::\d+)?\/[^?#]*help-center-closed/i.test(location));
}
/** Whether a status is that of a redirect. */
function isRedirect(status) {
  return status >= 300 && status < 400;
}
/** The scopes that a 403 names, as in "You are missing the following required scopes: users:read, read". */
function missingScopes(response) {
  const words = isFromAccount(response, 403) ? zendeskWords(response.json) : undefined;
  const [, scopes] = /missing the following required scopes?:\s*([\w:.,\s-]+)/i.exec(words ?? '') ?? [];
  return scopes?.trim().replace(/\.$/, '');
}
/** The `error` of an OAuth error response, such as `invalid_grant` (RFC 6749 §5.2). */
function oauthError(json) {
  return asText(asObject(json)['error']);
}
/**
 * Zendesk's own words in an error response, cleaned and cut to 200 characters; `undefined` if it gave none. Its
 * endpoints use five forms: `error` with `error_description` or `description`, `error.title` with
 * `error.message`, `errors[].title` with `errors[].detail`, and `details` of fields beside `description`.
 */
function zendeskWords(json) {
  const { error, error_description, description, message, errors, details } = asObject(json);
  const inner = asObject(error);
  const first = asObject(asArray(errors)[0]);
  const field = asObject(asArray(Object.values(asObject(details))[0])[0]);
  const parts = [
    [error, inner['title'], first['title'], first['code']],
    [error_description, description, inner['message'], first['detail'], message],
    [field['description']]
  ].map((candidates) => candidates.map(asText).find((part) => part !== undefined));
  const words = [...new Set(parts.filter((part) => part !== undefined))].map(clean).join(': ');
  return asText(clean(words));
}

;// CONCATENATED MODULE: ./src/zendesk/http/retry.ts



/** What a status means; a class such as `5xx` holds for every other status of it. */
const STATUSES = {
  '2xx': { retry: 'never', lost: false, error: 'unusableResponse' },
  '3xx': { retry: 'never', lost: false, error: 'redirect' },
  '401': { retry: 'never', lost: false, error: 'credentialsRejected' },
  '403': { retry: 'never', lost: false, error: 'forbidden' },
  '404': { retry: 'never', lost: false, error: 'subdomainUnknown' },
  '408': { retry: 'backoff', lost: true, error: 'outage' },
  '429': { retry: 'wait', lost: false, error: 'rateLimit' },
  '503': { retry: 'if asked', lost: false, error: 'outage' },
  // The edge in front of Zendesk has statuses of its own, such as 522.
  '5xx': { retry: 'backoff', lost: true, error: 'outage' }
};
const OTHER = { retry: 'never', lost: false, error: 'unexpected' };
/** The network errors that would come again; all others are retried by backoff. */
const LASTING = [
  'certificate',
  'clientCertificate',
  'proxyRefused',
  'proxyUnreadable',
  'proxyIsHttps',
  'unusableResponse',
  'tooLarge',
  'cancelled',
  'unsendable'
];
/** Before the first attempt. */
const NO_ATTEMPTS = { made: 0, counted: 0, guessed: 0 };
/** How many attempts may count. */
const MOST_ATTEMPTS = 5;
/** Milliseconds: the first backoff and the longest, and the same of a wait that has to be guessed. */
const BACKOFF = 500;
const BACKOFF_CAP = 8000;
const GUESS = 1000;
const GUESS_CAP = 60_000;
/** Milliseconds that a guessed or spread wait leaves before the end of the step, for the request after it. */
const END_RESERVE = 1000;
/** Seconds: a rate limit that ends later than this is not believed. */
const DAY = 86_400;
/** The rule for a status. */
function statusRule(status) {
  return STATUSES[status] ?? STATUSES[`${Math.floor(status / 100)}xx`] ?? OTHER;
}
/** The rule for what an attempt ended with: a network error has lost its request if this was sent. */
function ruleOf(outcome) {
  if (!(outcome instanceof NetworkError))
    return statusRule(outcome.status);
  return { retry: LASTING.includes(outcome.kind) ? 'never' : 'backoff', lost: outcome.sent };
}
/** What follows an attempt that ended with `outcome`, after the attempts `before`. */
function nextAttempt(outcome, before, { now, remaining, random, single = false }) {
  const attempts = { ...before, made: before.made + 1 };
  const response = outcome instanceof NetworkError ? undefined : outcome;
  if (single && outcome instanceof NetworkError && outcome.staleConnection)
    return { kind: 'reconnect', attempts };
  const { retry } = ruleOf(outcome);
  if (single || retry === 'never')
    return { kind: 'final' };
  // The jobs of a matrix may all wait at the same time: up to a quarter more spreads them out.
  const spread = 1 + random / 4;
  const asked = response && waitAsked(response, now);
  if (response !== undefined && asked !== undefined) {
    const least = Math.max(1, asked) * 1000;
    if (least >= remaining)
      return { kind: 'too long', seconds: asked, response };
    // The random part alone never makes a wait too long.
    const ms = Math.max(least, Math.min(least * spread, remaining - END_RESERVE));
    return { kind: 'wait', ms, why: 'asked', attempts };
  }
  if (retry === 'wait') {
    const guess = spread * Math.min(GUESS_CAP, GUESS * 2 ** before.guessed);
    const ms = Math.min(guess, remaining - END_RESERVE);
    if (ms <= 0)
      return { kind: 'final' };
    return { kind: 'wait', ms, why: 'guessed', attempts: { ...attempts, guessed: before.guessed + 1 } };
  }
  const counted = before.counted + 1;
  // Full jitter.
  const ms = random * Math.min(BACKOFF_CAP, BACKOFF * 2 ** before.counted);
  if (counted === MOST_ATTEMPTS || ms >= remaining)
    return { kind: 'final' };
  return { kind: 'wait', ms, why: 'backoff', attempts: { ...attempts, counted } };
}
/**
 * The seconds that a response asks to wait, if its status can ask for that: `Retry-After` (RFC 9110 §10.2.3: seconds,
 * or a date, which is read against the server's own clock), else, for a rate limit, the seconds until it is reset.
 *
 * @param now the wall clock, in milliseconds since 1970, for a response without a `Date`
 * @returns `undefined` if it does not say so in a way that can be read
 */
function waitAsked(response, now) {
  const { status, retryAfter, rateLimitReset, date = now } = response;
  const { retry } = statusRule(status);
  if (retry !== 'if asked' && retry !== 'wait')
    return undefined;
  const asked = secondsIn(retryAfter) ?? secondsUntil(retryAfter, date);
  if (asked !== undefined || retry === 'if asked')
    return asked;
  const resets = rateLimitReset.split(',').map(secondsIn);
  return resets.find((reset) => reset !== undefined && reset <= DAY);
}
/** Whole or decimal seconds; the first, if a header came twice. */
function secondsIn(header = '') {
  const [, seconds] = /^\s*(\d+(?:\.\d+)?)\s*(?:,|$)/.exec(header) ?? [];
  return seconds === undefined ? undefined : Number(seconds);
}
function secondsUntil(header = '', now) {
  if (!/^\s*(?:mon|tue|wed|thu|fri|sat|sun)/i.test(header))
    return undefined;
  // All three date formats of HTTP are UTC, and the oldest does not say so.
  const until = Date.parse(/gmt/i.test(header) ? header : `${header} GMT`);
  return Number.isNaN(until) ? undefined : Math.max(0, (until - now) / 1000);
}

;// CONCATENATED MODULE: ./src/zendesk/http/zendesk-error.ts








/** What went wrong with a request. `docs/troubleshooting.md` is found by these words, `src/report/errors.ts` says what to do. */
const CAUSES = {
  credentialsRejected: 'Zendesk rejected the credentials',
  newTokenRejected: 'Zendesk rejected the token',
  forbidden: 'Zendesk does not allow this',
  missingScope: 'The credential lacks a scope',
  gateway: 'Something in front of Zendesk answered',
  clientUnknown: 'Zendesk has no such OAuth client',
  subdomainUnknown: 'There is no Zendesk account at this address',
  redirect: 'The server responded with a redirect, which is never followed',
  invalid_client: 'Zendesk rejected the OAuth client (invalid_client)',
  unauthorized_client: 'Zendesk does not let this OAuth client use this grant (unauthorized_client)',
  invalid_scope: 'Zendesk rejected the scopes (invalid_scope)',
  invalid_grant: 'Zendesk rejected the grant (invalid_grant)',
  endpointGone: 'Zendesk no longer mints tokens at this endpoint',
  rateLimit: 'Zendesk limits the rate of requests',
  outage: 'Zendesk is unavailable',
  unexpected: 'Zendesk refused the request',
  deadline: 'The step reached its timeout',
  ...NETWORK_CAUSES
};
/** A request that failed; the message is one of {@link CAUSES}. */
class ZendeskError extends Error {
  kind;
  request;
  response;
  cause;
  excessiveWait;
  constructor(kind, request, { response, cause, excessiveWait } = {}) {
    super(CAUSES[kind]);
    this.kind = kind;
    this.request = request;
    this.response = response;
    this.cause = cause;
    this.excessiveWait = excessiveWait;
  }
  /** The cause, the request, its status and the proxy, as a part of a longer sentence. */
  summary() {
    const { proxy } = this;
    const wait = this.wait();
    const through = proxy ? `; \`${proxy.variable}\`${proxy.address && `: ${clean(proxy.address)}`}` : '';
    return `${this.message} (${this.describeRequest()}${through})${wait && `; ${wait}`}`;
  }
  /** What the system called a network error, such as `ECONNREFUSED`; empty if it did not. */
  get code() {
    return this.cause instanceof NetworkError ? this.cause.code : '';
  }
  /** The proxy between the runner and the server, if the network error knows of one. */
  get proxy() {
    return this.cause instanceof NetworkError ? this.cause.proxy : undefined;
  }
  /** The request, with the status or the system's code, and Zendesk's own words. */
  describeRequest(host) {
    const { request, response } = this;
    const words = response && zendeskWords(response.json);
    const at = host === undefined ? '' : ` at ${host}`;
    const isFromProxy = this.kind === 'proxyRefused' || this.kind === 'proxyUnreachable';
    const code = isFromProxy ? `CONNECT ${this.code}` : this.code;
    const status = response === undefined ? code : String(response.status);
    return `${request.method} ${pathOf(request)}${at}${status && `: ${status}`}${words === undefined ? '' : ` ("${words}")`}`;
  }
  /** The wait that the response asked for, if it did not fit; else empty. */
  wait() {
    const { excessiveWait } = this;
    if (excessiveWait === undefined)
      return '';
    const seconds = Number.isFinite(excessiveWait) ? `${Math.ceil(excessiveWait)} s, ` : '';
    return `it asks to wait ${seconds}more than this step has left`;
  }
}
/** Whether `error` says that nothing more may be started: the job was cancelled, or the step's time is over. */
function isStop(error) {
  return error instanceof ZendeskError && (error.kind === 'cancelled' || error.kind === 'deadline');
}
/** Whether no further request can help: {@link isStop}, or Zendesk asks to wait longer than there is time. */
function isFinal(error) {
  return isStop(error) || (error instanceof ZendeskError && error.excessiveWait !== undefined);
}
/** The errors of OAuth that need an advice of their own. */
const OAUTH_ERRORS = ['invalid_client', 'unauthorized_client', 'invalid_scope', 'invalid_grant'];
/** The error for a response that does not do what the request asked for. */
function unexpectedResponse(request, response, kind = kindOf(response, request)) {
  return new ZendeskError(kind, request, { response });
}
function kindOf(response, { operation }) {
  const { status, json, html } = response;
  const code = OAUTH_ERRORS.find((known) => known === oauthError(json));
  if (code !== undefined)
    return code;
  if (isMissingAccount(response))
    return 'subdomainUnknown';
  const isCreation = operation === 'createToken';
  if (isCreation && (status === 410 || isFromAccount(response, 404)))
    return 'endpointGone';
  if (isFromGateway(response, operation))
    return 'gateway';
  if (isCreation && status === 422 && !/scope/i.test(zendeskWords(json) ?? ''))
    return 'clientUnknown';
  if (missingScopes(response) !== undefined)
    return 'missingScope';
  if (html && status < 300)
    return 'subdomainUnknown';
  // An account that has no such record is an account; the grant of main, its first request, asks for none.
  if (isFromAccount(response, 404) && operation !== 'grantToken')
    return 'unexpected';
  return statusRule(status).error;
}
/** The requests that are sent only to an account that has responded before. */
const LATER = ['checkToken', 'verifyToken', 'deleteToken'];
/**
 * Whether a firewall or a proxy responded instead of Zendesk, which refuses in JSON. A page with 200 or 404 can also be
 * that of an address without an account, before the account has responded once.
 */
function isFromGateway(response, operation) {
  const { status, json, html } = response;
  // Of a token, only Zendesk's own 401 says that it is rejected.
  const isOwn = status === 401 && LATER.includes(operation) ? isRejection(response) : isObject(json);
  const isNotZendesk = html || ([401, 403, 404].includes(status) && !isOwn);
  if (!isNotZendesk || isRedirect(status) || status >= 500)
    return false;
  return LATER.includes(operation) || (status >= 400 && status !== 404);
}

;// CONCATENATED MODULE: ./src/report/errors.ts









/** What each request is for, as the end of `Could not …`. */
const PURPOSES = {
  grantToken: 'mint a token',
  grantCleanupToken: 'mint a cleanup token',
  createToken: 'mint a token',
  checkToken: 'use the new token',
  verifyToken: 'verify that Zendesk rejects the token',
  identifyToken: 'look up the token that the sweep works with',
  deleteToken: 'revoke a token',
  listTokens: 'list the tokens',
  listClients: 'look up the client',
  whoAmI: 'look up the user of `api-token`'
};
/** What to do about each error. */
const CURES = {
  credentialsRejected: ({ kind, error: { request } }) => {
    if (kind === 'client_credentials' && !isGrant(request))
      return 'It was made with a cleanup token, which Zendesk had just given. Run the job again.';
    return {
      api_token: 'Check that `api-token` is an active API token of `email`, not a password. One unused for 30 days is deactivated; accounts created since 2026-07-28 have none: use `client-secret`.',
      access_token: 'The `access-token` has expired, was revoked or is incomplete. Mint another.',
      client_credentials: 'Check `client-id` and `client-secret`.',
      authorization_code: 'Check `client-id`, and `client-secret` or `code-verifier`.',
      refresh_token: 'Check `client-id`, and `client-secret` if the client is confidential.'
    }[kind];
  },
  newTokenRejected: 'Run the job again. If it happens again, check the names in `scopes`, and ask the support of Zendesk.',
  forbidden: ({ error: { request }, kind, input }) => {
    if (isGrant(request))
      return 'Check in Admin Center that the client is active and its owner neither suspended nor downgraded, and the IP restrictions of the account.';
    const user = kind === 'client_credentials' ? 'owner of the client' : 'user of the credential';
    const cause = `The ${user} is not an admin, is suspended or was downgraded`;
    return request.operation === 'createToken'
      ? `${cause}, or Zendesk has closed this deprecated endpoint. Use an admin's credential, or \`client-secret\` instead of ${input}.`
      : `${cause}, or the credential lacks a scope. Use an admin's credential with the scopes \`read write\`.`;
  },
  missingScope: ({ error: { response }, kind }) => {
    const scopes = response && missingScopes(response);
    const needs = scopes === undefined ? '' : `It needs ${clean(scopes)}. `;
    const how = kind === 'access_token' ? 'Request it when you mint `access-token`, and allow it' : 'Allow it';
    return `${needs}${how} for the client in Admin Center.`;
  },
  gateway: ({ host, error: { response }, input }) => {
    const credential = response?.status === 401 ? ` ${input}, and` : '';
    const rate = response?.status === 429 ? ' Start fewer jobs at once.' : '';
    return `It is not Zendesk's own answer. Check${credential} the firewall and the proxy between the runner and ${host}, and the IP restrictions of the account.${rate}`;
  },
  clientUnknown: ({ clientId }) => `This user sees no client "${clean(clientId)}". Write the unique identifier from Admin Center > Apps and integrations > APIs > OAuth clients into \`client-id\`.`,
  subdomainUnknown: ({ host }) => `Check \`subdomain\` (and \`base-url\`): ${host} does not respond as an account does. It may be misspelt, renamed or closed.`,
  redirect: ({ error: { response }, origin }) => {
    const url = response?.location ? URL.parse(response.location, origin) : null;
    return `It points to ${clean(url?.host ?? '') || 'a place that it does not name'}. Check \`subdomain\` and \`base-url\`.`;
  },
  invalid_client: ({ clientId, kind, credential }) => {
    if (clientId.startsWith('zis_') && kind === 'client_credentials')
      return 'Clients whose identifier begins with `zis_` cannot use `client-secret`. Use `access-token`.';
    const notNumber = isNumeric(clientId) ? ', not its number' : '';
    const secret = kind === 'client_credentials' || credential.clientSecret !== undefined
      ? 'that `client-secret` is complete and belongs to it'
      : 'set `client-secret` if the client is confidential';
    return `Check that \`client-id\` (${clean(clientId)}) is the client's unique identifier in this account${notNumber}, and ${secret}.`;
  },
  unauthorized_client: ({ kind }) => kind === 'client_credentials'
    ? 'The client is public. Create a new confidential client: changing the kind of this one makes a new secret.'
    : 'Allow the grant for the client in Admin Center, or use another client.',
  invalid_scope: ({ error, scopes = [] }) => {
    if (error.request.operation === 'grantCleanupToken')
      return 'Allow `read` and `write` in the allowed scopes of the client in Admin Center.';
    return scopes.length > 0
      ? "Request in `scopes` only what the client's allowed scopes in Admin Center include, or extend them there."
      : 'Set `scopes`: this account does not mint without them.';
  },
  invalid_grant: ({ kind }) => {
    if (kind === 'client_credentials')
      return 'Check in Admin Center that the client is confidential and may use client credentials.';
    return kind === 'refresh_token'
      ? 'The refresh token was used, was revoked or has expired. Save the `refresh-token` output after each run, and never let two runs share one. Start again with an authorization code.'
      : 'An authorization code works once, for 120 seconds, and only with the same `redirect-uri`, `code-verifier` and client. Get another.';
  },
  endpointGone: ({ input, clientId }) => `It was deprecated on 2026-08-26. Use \`client-secret\` instead of ${input}. If other workflows can still mint, check that client ${clean(clientId)} exists.`,
  rateLimit: ({ error }) => {
    const canRaise = (error.excessiveWait ?? 0) < TIMEOUT_RANGE[1];
    return `${waitSentence(error)}Start fewer jobs at once${canRaise ? ', or raise `timeout-seconds`' : ''}.`;
  },
  outage: ({ error }) => `${waitSentence(error)}See https://status.zendesk.com, and run the job again later.`,
  unusableResponse: 'Run the job again. If it happens again, something between the runner and Zendesk may be changing responses.',
  unexpected: ({ error: { request, response }, scopes = [] }) => {
    if (request.operation === 'grantToken' && response?.status === 400 && scopes.length === 0)
      return 'Set `scopes`: this account may not mint without them. Or check the other inputs of this step against what Zendesk says.';
    const subdomain = response?.status === 404 ? '`subdomain`, and ' : '';
    return `Check ${subdomain}the inputs of this step against what Zendesk says.`;
  },
  dns: ({ host }) => `Check \`subdomain\` (and \`base-url\`): ${host}. Check the name server of the runner.`,
  certificate: ({ error, host }) => certificateAdvice(error.code, host, process.env),
  clientCertificate: (details) => `Zendesk demands none. Check \`base-url\`, and ${between(details)}.`,
  tls: (details) => `Check \`base-url\`, and ${between(details)}.${details.error.code === 'EPROTO' ? ' The server may demand a client certificate.' : ''}`,
  connection: ({ host, error, proxy }) => error.proxy
    ? `Check that the proxy in ${proxyName(proxy)} can connect to ${host}.`
    : `Check that the runner may connect to ${host}. Behind a proxy, set \`https_proxy\`.`,
  proxyBroken: ({ proxy }) => `Check that a proxy listens at the address in ${proxyName(proxy)}.`,
  proxy: ({ proxy }) => `Check ${proxyName(proxy)} on the runner, and that the proxy works.`,
  proxyUnreachable: ({ host, proxy }) => `Check \`subdomain\` (and \`base-url\`): ${host}. Check what the proxy in ${proxyName(proxy)} can reach.`,
  proxyRefused: ({ host, error, proxy }) => {
    const { variable, address, hasUser } = proxy;
    if (error.code !== '407' && error.code !== '401')
      return `${error.code === '404' ? 'Check `subdomain`, or allow' : 'Allow'} ${host} in the proxy in ${proxyName(proxy)}, or list it in \`no_proxy\`: such as .zendesk.com, separated by commas, without *.`;
    return hasUser
      ? `The user name or the password in ${proxyName(proxy)} is wrong. Percent-encode special characters in them.`
      : `It needs a user name and a password. Write them into \`${variable}\` as http://user:password@${clean(address)}.`;
  },
  proxyUnreadable: ({ proxy }) => `Write \`${proxy.variable}\` as http://host:port, or http://user:password@host:port with user and password percent-encoded. Leave out quotes.`,
  proxyIsHttps: ({ proxy }) => `Write \`${proxy.variable}\` as http://${clean(proxy.address)}: the connection to the proxy is plain, the connection to Zendesk inside it is still TLS.`,
  brokenOff: (details) => `Run the job again. If it happens again, check ${between(details)}.`,
  tooLarge: 'Check `subdomain` and `base-url`: no response of Zendesk is that long.',
  unsendable: 'A value in it has characters that HTTP does not allow. Check the inputs of this step.',
  proxyTimeout: ({ host, proxy, limits }) => `Check ${proxyName(proxy)}, and that the proxy can reach ${host}. ${limits}`,
  lookupTimeout: ({ host, error, proxy, limits }) => `Check the name servers of the runner: they did not answer for ${error.proxy ? proxyName(proxy) : host}. ${limits}`,
  connectTimeout: ({ host, limits }) => `Check that the runner may connect to ${host}. Behind a proxy, set \`https_proxy\`. ${limits}`,
  tlsTimeout: (details) => `Check \`base-url\`, and ${between(details)}. ${details.limits}`,
  timeout: ({ limits }) => `${limits} See https://status.zendesk.com, or raise \`timeout-seconds\`.`,
  deadline: ({ timeoutSeconds }) => `It had ${timeoutSeconds} s for all requests, waits and retries. See in the log what was retried, or raise \`timeout-seconds\`.`,
  cancelled: 'Nothing more was started.'
};
/** The error in one line: what could not be done, why, what to do, the request with its status, and then `notes`. */
function explain(error, context, notes = []) {
  if (!(error instanceof ZendeskError))
    return error instanceof Error ? error : new Error(String(error));
  const { kind } = context.credential;
  const host = new URL(context.origin).host;
  const input = `\`${CREDENTIAL_INPUTS[kind].chosenBy}\``;
  const proxy = error.proxy ?? { variable: 'https_proxy', address: '', hasUser: false };
  const limits = `A request has at most 30 s, and the step ${context.timeoutSeconds} s.`;
  const cure = CURES[error.kind];
  const advice = typeof cure === 'string' ? cure : cure({ ...context, error, host, kind, input, proxy, limits });
  const line = `Could not ${PURPOSES[error.request.operation]}: ${error.message}. ${advice} ${error.describeRequest(host)}.`;
  return new Error([line, ...notes].join(' '));
}
/** Why something failed, as a part of a longer sentence. */
function causeOf(error) {
  if (error instanceof ZendeskError)
    return error.kind === 'cancelled' ? 'the job was cancelled' : error.summary();
  return (error instanceof Error ? error.message : String(error)).replace(/\.$/, '');
}
/** What may be at fault if a connection fails. */
function between({ host, error }) {
  return `what is between the runner and ${host}${error.proxy ? `, such as the proxy in ${proxyName(error.proxy)}` : ''}`;
}
function proxyName({ variable, address }) {
  return `\`${variable}\`${address && ` (${clean(address)})`}`;
}
function waitSentence(error) {
  return error.wait().replace(/^i(.*)/, 'I$1. ');
}

;// CONCATENATED MODULE: ./src/lib/time.ts
/** A time in ISO 8601, UTC, to the second, such as `2027-04-30T12:00:00Z`; empty for an invalid time. */
function isoTime(ms) {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? '' : date.toISOString().replace(/\.\d{3}Z$/, 'Z');
}
const UNITS = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1]
];
/** A length of time in words, such as `1 hour 30 minutes`: its largest unit, and the next smaller one. */
function duration(seconds) {
  let left = Math.round(seconds);
  const largest = UNITS.findIndex(([, length]) => left >= length);
  const parts = UNITS.slice(largest, largest + 2).map(([unit, length]) => {
    const count = Math.floor(left / length);
    left -= count * length;
    return count === 0 ? '' : `${count} ${unit}${count === 1 ? '' : 's'}`;
  });
  return parts.filter(Boolean).join(' ') || '0 seconds';
}

;// CONCATENATED MODULE: external "node:http"
const external_node_http_namespaceObject = require("node:http");
var external_node_http_default = __nccwpck_require__.n(external_node_http_namespaceObject);
;// CONCATENATED MODULE: external "node:https"
const external_node_https_namespaceObject = require("node:https");
var external_node_https_default = __nccwpck_require__.n(external_node_https_namespaceObject);
;// CONCATENATED MODULE: ./src/lib/version.ts
/** The version in `package.json`, to which a test holds it. */
const VERSION = '1.0.0';
/** What every request says of itself. */
const USER_AGENT = `create-zendesk-token/${VERSION}`;

;// CONCATENATED MODULE: ./src/zendesk/http/progress.ts





const TIMEOUTS = {
  proxy: 'proxyTimeout',
  lookup: 'lookupTimeout',
  connect: 'connectTimeout',
  tls: 'tlsTimeout',
  response: 'timeout',
  body: 'timeout'
};
/** How far a request has come. */
class Progress {
  phase;
  constructor({ hostname }, proxy) {
    if (proxy !== undefined)
      this.phase = 'proxy';
    else
      this.phase = (0,external_node_net_namespaceObject.isIP)(withoutBrackets(hostname)) === 0 ? 'lookup' : 'connect';
  }
  /** Whether the request was written to its connection: Node does so as soon as this is connected, and secure. */
  get isSent() {
    return this.phase === 'response' || this.phase === 'body';
  }
  /** The error if it takes too long now. */
  get timeoutKind() {
    return this.phase === 'proxy' && isLookingUp() ? 'lookupTimeout' : TIMEOUTS[this.phase];
  }
  /** Follows a request that was just made. */
  follow(request) {
    const reach = (phase) => () => void (this.phase = phase);
    request.on('response', reach('body'));
    request.on('socket', (socket) => {
      // Without a free file descriptor, the socket is destroyed before it could connect.
      if (socket.destroyed)
        return;
      const isTls = socket.secureConnecting !== undefined;
      if (socket.connecting) {
        socket.once('lookup', reach('connect'));
        socket.once('connect', reach(isTls ? 'tls' : 'response'));
      }
      else
        this.phase = socket.secureConnecting === true ? 'tls' : 'response';
      if (isTls)
        socket.once('secureConnect', reach('response'));
    });
  }
}

;// CONCATENATED MODULE: ./src/zendesk/http/read-response.ts



/** 1 MiB: far above any response of Zendesk's token endpoints. */
const BODY_LIMIT = 1024 * 1024;
/**
 * Reads the response to a request. Unlike http-client's `readBody()`, this settles if the peer drops the connection
 * half-way.
 *
 * @throws {Error} of Node or of this module, if there is no complete response
 */
function readResponse(request) {
  return new Promise((resolve, reject) => {
    // Of a body that its parser refuses, Node tells only the request.
    request.on('error', reject);
    request.on('upgrade', ({ statusCode }, socket) => {
      // Node leaves this socket to its user, and reports no error.
      socket.destroy();
      reject(new NetworkError('unusableResponse', true, String(statusCode)));
    });
    request.on('response', (message) => {
      const chunks = [];
      let size = 0;
      message.on('error', reject);
      message.on('data', (chunk) => {
        chunks.push(chunk);
        size += chunk.length;
        if (size > BODY_LIMIT)
          reject(new NetworkError('tooLarge', true));
      });
      message.on('end', () => resolve(responseOf(message, Buffer.concat(chunks))));
    });
  });
}
function responseOf({ headers, statusCode }, body) {
  // JSON begins after a byte order mark.
  const text = body.toString().replace(/^\ufeff/, '');
  const date = Date.parse(headers.date ?? '');
  // The edge in front of Zendesk can add the same id again.
  const requestId = headers['x-request-id']?.toString();
  return {
    status: Number(statusCode),
    json: parse(text),
    html: /^\s*</.test(text),
    retryAfter: headers['retry-after'],
    rateLimitReset: [headers['ratelimit-reset'], headers['rate-limit-reset']].filter(Boolean).join(', '),
    location: headers.location,
    date: Number.isNaN(date) ? undefined : date,
    requestId: requestId && [...new Set(requestId.split(', '))].join(', ')
  };
}
function parse(text) {
  try {
    return JSON.parse(text);
  }
  catch {
    return undefined;
  }
}

;// CONCATENATED MODULE: ./src/zendesk/http/connection.ts











/** Bytes: four times what Node accepts by default. */
const HEADER_LIMIT = 64 * 1024;
/**
 * A connection to one origin, kept open between requests (through a proxy, `tunnel` opens one for each). Only the
 * agent is http-client's, with its proxies and their exceptions: its requests do not show whether they were sent, and
 * cannot be ended while a proxy keeps them waiting.
 */
class Connection {
  origin;
  #client;
  /** @param origin such as `https://acme.zendesk.com` */
  constructor(origin) {
    this.origin = origin;
  }
  /**
   * Sends one request and reads its response, whatever its status. No redirect is followed.
   *
   * @throws {NetworkError} if no complete response came in time; the connection is then closed
   */
  async exchange(request, { timeout, signal, grace }) {
    const url = new URL(request.path, this.origin);
    const proxy = proxyFor(url, process.env);
    const options = { method: request.method, headers: headersOf(request) };
    const progress = new Progress(url, proxy);
    let raw;
    let giveUp;
    const givenUp = new Promise((_resolve, reject) => {
      giveUp = (kind) => reject(new NetworkError(kind, progress.isSent, '', { proxy }));
    });
    const timers = [setTimeout(() => giveUp(progress.timeoutKind), timeout)];
    const cancel = () => {
      timers.push(setTimeout(giveUp, progress.isSent ? grace : 0, 'cancelled'));
      // A request that still waits for its connection must not be sent any more.
      if (!progress.isSent)
        raw?.destroy();
    };
    signal.addEventListener('abort', cancel);
    try {
      raw = this.#start(url, options, proxy !== undefined);
      progress.follow(raw);
      const response = readResponse(raw);
      raw.end(request.body?.reveal());
      return await Promise.race([response, givenUp]);
    }
    catch (error) {
      raw?.destroy();
      this.close();
      if (error instanceof NetworkError)
        throw error;
      if (signal.aborted && !progress.isSent)
        throw new NetworkError('cancelled', false);
      const staleConnection = raw?.reusedSocket === true && progress.phase === 'response';
      throw networkError(error, progress.isSent, { staleConnection, proxy });
    }
    finally {
      signal.removeEventListener('abort', cancel);
      timers.forEach(clearTimeout);
    }
  }
  /** Closes the connection; the next request opens another. */
  close() {
    this.#client?.dispose();
    this.#client = undefined;
  }
  #start(url, options, isProxied) {
    this.#client ??= new lib_HttpClient(undefined, [], { keepAlive: true, maxSockets: 1 });
    const agent = this.#client.getAgent(url.href);
    if (isProxied)
      adaptToProxy(agent);
    const { request } = url.protocol === 'https:' ? (external_node_https_default()) : (external_node_http_default());
    // Whatever the environment says, a credential is never sent over TLS that is not verified.
    return request(url, { ...options, agent, lookup: lookup, maxHeaderSize: HEADER_LIMIT, rejectUnauthorized: true });
  }
}
function headersOf({ authorization, body }) {
  return {
    accept: 'application/json',
    'accept-encoding': 'identity',
    'user-agent': USER_AGENT,
    ...(authorization && { authorization: authorization.reveal() }),
    ...(body && { 'content-type': 'application/json' })
  };
}

;// CONCATENATED MODULE: ./src/zendesk/http/client.ts









const ATTEMPT_TIMEOUT = 30_000;
/** A connection that was idle for longer may be closed without anybody having noticed. */
const LONGEST_IDLE = 2000;
/** Sends requests to one Zendesk account, one after the other over one connection, and retries what may be retried. */
class ZendeskClient {
  origin;
  deadline;
  log;
  #connection;
  /** @param origin such as `https://acme.zendesk.com` */
  constructor(origin, deadline, log) {
    this.origin = origin;
    this.deadline = deadline;
    this.log = log;
    this.#connection = new Connection(origin);
  }
  /** Another client for the same account, with its own connection and, if given, another deadline. */
  fork(deadline = this.deadline) {
    return new ZendeskClient(this.origin, deadline, this.log);
  }
  /** Waits `ms` milliseconds between two requests, less if the job is cancelled; a connection is not kept over a long wait. */
  async pause(ms) {
    if (ms > LONGEST_IDLE)
      this.close();
    await this.deadline.clock.sleep(ms, this.deadline.signal);
  }
  /** Closes the connection; the next request opens another. */
  close() {
    this.#connection.close();
  }
  /**
   * Sends a request until another attempt would not change the response, as the rules in `retry.ts` say.
   *
   * @returns the last response, whatever its status
   * @throws {ZendeskError} if there was no complete response, a response asks to wait for longer than there is time,
   * the job is cancelled or the deadline is reached
   */
  async send(request, options = {}) {
    try {
      return await this.#sendWithRetries(request, options);
    }
    catch (error) {
      if (!(error instanceof NetworkError || error instanceof StepEnded))
        throw error;
      throw new ZendeskError(error.kind, request, { cause: error });
    }
  }
  /** As {@link send}, but returns the error if there is one. */
  async trySend(request, options) {
    return this.send(request, options).catch((error) => {
      if (error instanceof ZendeskError)
        return error;
      throw error;
    });
  }
  async #sendWithRetries(request, options) {
    const { single = false, observer = {} } = options;
    const { clock } = this.deadline;
    for (let attempts = NO_ATTEMPTS;;) {
      this.deadline.check();
      if (attempts.made > 0)
        observer.retry?.();
      const sentAt = clock.now();
      const outcome = await this.#attempt(request, options);
      const { retry, lost } = ruleOf(outcome);
      if (lost)
        observer.lost?.(sentAt);
      if (retry !== 'never')
        this.close();
      const time = { now: clock.now(), remaining: this.deadline.remaining(), random: clock.random() };
      const next = nextAttempt(outcome, attempts, { ...time, single });
      if (next.kind === 'too long') {
        const { response, seconds: excessiveWait } = next;
        throw new ZendeskError(statusRule(response.status).error, request, { response, excessiveWait });
      }
      if (next.kind === 'final') {
        if (outcome instanceof NetworkError)
          throw outcome;
        return outcome;
      }
      attempts = next.attempts;
      if (next.kind === 'reconnect')
        continue;
      this.deadline.check();
      this.log.info(`${request.method} ${pathOf(request)}: ${describe(outcome)}; ${announce(next)}`);
      await this.pause(next.ms);
    }
  }
  async #attempt(request, { until = Infinity, grace = 0, observer = {} }) {
    const { clock, signal } = this.deadline;
    const started = clock.elapsed();
    const timeout = Math.max(1, Math.min(ATTEMPT_TIMEOUT, until - started, this.deadline.remaining()));
    const outcome = await this.#connection
      .exchange(request, { timeout, signal, grace })
      .catch((error) => {
      if (error instanceof NetworkError)
        return error;
      throw error;
    });
    const response = outcome instanceof NetworkError ? undefined : outcome;
    if (response !== undefined)
      observer.response?.(response);
    const duration = `${Math.round(clock.elapsed() - started)} ms`;
    const id = response?.requestId === undefined ? '' : `, request id ${clean(response.requestId)}`;
    this.log.debug(`${request.method} ${pathOf(request)}: ${describe(outcome)} after ${duration}${id}`);
    return outcome;
  }
}
function describe(outcome) {
  return outcome instanceof NetworkError ? outcome.message : String(outcome.status);
}
/** The next attempt, and how long it waits. */
function announce({ ms, why, attempts: { made, counted } }) {
  // Attempts that do not count are as many more.
  const most = why === 'backoff' ? ` of ${made - counted + MOST_ATTEMPTS}` : '';
  const asked = why === 'asked' ? ', as the response asks,' : '';
  return `attempt ${made + 1}${most}${asked} in ${(ms / 1000).toFixed(1)} s`;
}

;// CONCATENATED MODULE: ./src/zendesk/token-response.ts









/**
 * Sends a mint, and masks the tokens in each response to it before anything is logged about it.
 *
 * @param options.lost counts the responses that were lost
 */
async function sendMint(client, request, { credential, lost, grace }) {
  const response = await client.send(request, {
    grace,
    observer: {
      response: (each) => {
        const { token, refreshToken } = readTokenResponse(each, credential);
        for (const secret of [token, refreshToken])
          if (secret !== undefined)
            client.log.mask(secret.reveal());
      },
      lost: (sentAt) => lost.add(sentAt),
      retry: () => lost.retry()
    }
  });
  return { response, reported: readTokenResponse(response, credential) };
}
/** Reads the response to a mint with the given kind of credential; a value of the wrong type is as if not reported. */
function readTokenResponse({ json, date }, credential) {
  const response = asObject(json);
  if (isAdmin(credential)) {
    const { token } = response;
    const value = usableToken(asObject(token)['full_token']);
    return { token: value, refreshToken: undefined, facts: tokenFacts(token), expiresIn: undefined, date };
  }
  return {
    token: usableToken(response['access_token']),
    // A refresh token that is not published is lost, so any visible text is accepted.
    refreshToken: givesRefreshToken(credential) ? usableToken(response['refresh_token'], 1) : undefined,
    facts: { ...tokenFacts({}), scopes: scopesOf(response['scope']) },
    expiresIn: usableLifetime(response['expires_in']),
    date
  };
}
/** Seconds that lead to a valid time. */
function usableLifetime(value) {
  const seconds = positiveInteger(value);
  return seconds !== undefined && isoTime(seconds * 1000) !== '' ? seconds : undefined;
}

;// CONCATENATED MODULE: ./src/zendesk/token.ts




/**
 * What is known of a token from the response that it came in.
 *
 * @param requested the scopes and the lifetime in seconds that count if the response reports none
 * @param now this machine's clock, in milliseconds since 1970
 */
function mintedToken({ facts, expiresIn, date, token, refreshToken }, requested, now) {
  const mintedAt = date ?? now;
  const lifetime = expiresIn ?? requested.expiresIn;
  const isReported = expiresIn !== undefined;
  const expiry = lifetime === undefined
    ? { kind: 'unknown' }
    : {
      kind: 'at',
      time: mintedAt + lifetime * 1000,
      isReported,
      lifetime,
      expiredAfter: isReported && date !== undefined ? date + lifetime * 1000 : undefined
    };
  const scopes = { names: requested.scopes, isReported: false };
  const ids = { id: undefined, clientId: undefined, userId: undefined };
  const minted = { token, refreshToken, ...ids, scopes, expiry, date, mintedAt, seenWorking: false };
  return withFacts(minted, facts);
}
/** The token with what Zendesk reported about it. */
function withFacts(minted, facts) {
  return {
    ...minted,
    id: facts.id ?? minted.id,
    clientId: facts.clientId ?? minted.clientId,
    userId: facts.userId ?? minted.userId,
    scopes: minted.scopes.isReported || facts.scopes === undefined
      ? minted.scopes
      : { names: facts.scopes, isReported: true },
    expiry: expiryWith(minted, facts)
  };
}
/** The token after Zendesk has accepted it once, with what it reported about it. */
function seenWorking(minted, facts) {
  return { ...(facts === undefined ? minted : withFacts(minted, facts)), seenWorking: true };
}
/**
 * The lifetime stays what the response to the mint reported, else it is the time between two of Zendesk's own times; if
 * that makes no sense, it is unknown. The `Date` headers may be off, so by them the token has expired only if both the
 * expiry and the mint plus the lifetime are past.
 */
function expiryWith({ expiry, date, mintedAt }, { expiresAt, createdAt }) {
  const reported = expiry.kind === 'at' && expiry.isReported ? expiry : undefined;
  if (expiresAt === undefined)
    return expiry;
  if (expiresAt === null)
    return reported ?? { kind: 'never' };
  const span = (expiresAt - (createdAt ?? mintedAt)) / 1000;
  const lifetime = reported === undefined ? (span > 0 ? span : undefined) : reported.lifetime;
  const expiredAfter = date === undefined ? undefined : Math.max(expiresAt, date + (lifetime ?? 0) * 1000);
  return { kind: 'at', time: expiresAt, isReported: true, lifetime, expiredAfter };
}
/** The expiry that Zendesk reported of a token, of which nothing else is known. */
function reportedExpiry(facts) {
  return expiryWith({ expiry: { kind: 'unknown' }, date: undefined, mintedAt: 0 }, facts);
}
/** When the token expires, in ISO 8601 and UTC; empty if it does not, or if that is not known. */
function expiresAt({ expiry }) {
  return expiry.kind === 'at' ? isoTime(expiry.time) : '';
}
/** Whether Zendesk reported that the token has no scope at all: it can do nothing. */
function isUseless({ scopes }) {
  return scopes.isReported && scopes.names.length === 0;
}

;// CONCATENATED MODULE: ./src/runner/summary.ts



/** GitHub drops a summary of more than 1 MiB whole; this leaves room for what other actions write. */
const SIZE_LIMIT = 900_000;
/** Adds a table to the job summary. If the summary cannot be written, one line in the log says so. */
async function writeSummary({ title, lines = [], head, rows }, log) {
  const shown = [head.map((data) => ({ data: html(data), header: true }))];
  let size = 0;
  for (const row of rows) {
    const cells = row.map((data) => ({ data: html(clean(data)), header: false }));
    size += Buffer.byteLength(JSON.stringify(cells));
    if (size > SIZE_LIMIT)
      break;
    shown.push(cells);
  }
  try {
    summary.addHeading(html(title), 3);
    for (const line of lines)
      summary.addRaw(`<p>${html(line)}</p>`, true);
    await summary.addTable(shown).write();
  }
  catch (error) {
    log.info(`The job summary could not be written: ${error.message.replace(/\.$/, '')}.`);
  }
}
/** Text as HTML, with `code` for what is in backquotes. */
function html(text) {
  return oneLine(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
    .replace(/`([^`]+)`/g, '<code>$1</code>');
}

;// CONCATENATED MODULE: ./src/zendesk/requests.ts



/*
 * Every request that this action can send. The pages of Zendesk's documentation are below
 * https://developer.zendesk.com/api-reference/ticketing/, SECURITY.md lists the requests.
 */
const TOKENS_PATH = '/api/v2/oauth/tokens';
/**
 * Exchanges a grant for an access token: RFC 6749 §4.1.3 (authorization code, with RFC 7636 for its verifier), §4.4.2
 * (client credentials) and §6 (refresh token), as JSON (oauth/grant_type_tokens/). The client secret is sent in the
 * body or in the header, never in both.
 */
function grantRequest(grant, { clientId, scopes, expiresIn }, operation = 'grantToken') {
  const { clientSecret, authMethod } = grant;
  const basic = clientSecret !== undefined && authMethod === 'client_secret_basic';
  const body = {
    grant_type: grant.kind,
    ...(grant.kind === 'refresh_token' && { refresh_token: grant.refreshToken.reveal() }),
    ...(grant.kind === 'authorization_code' && {
      code: grant.code.reveal(),
      redirect_uri: grant.redirectUri,
      code_verifier: grant.codeVerifier?.reveal()
    }),
    client_id: clientId,
    client_secret: basic ? undefined : clientSecret?.reveal(),
    scope: scopes.length > 0 ? scopes.join(' ') : undefined,
    expires_in: expiresIn
  };
  return {
    operation,
    method: 'POST',
    path: '/oauth/tokens',
    authorization: basic ? new Secret(`Basic ${clientBasic(clientId, clientSecret.reveal())}`) : undefined,
    body: new Secret(JSON.stringify(body))
  };
}
/**
 * Creates a token for the client with the numeric id `clientId`, as an admin (oauth/oauth_tokens/#create-token,
 * deprecated on 2026-08-26).
 */
function createTokenRequest(authorization, clientId, scopes) {
  const body = new Secret(JSON.stringify({ token: { client_id: clientId, scopes } }));
  return { operation: 'createToken', method: 'POST', path: TOKENS_PATH, authorization, body };
}
/**
 * Asks for the token that the request is made with: 200 while it is active, 401 once it is not
 * (oauth/oauth_tokens/#show-token).
 */
function currentTokenRequest(token, operation) {
  return { operation, method: 'GET', path: `${TOKENS_PATH}/current`, authorization: bearer(token) };
}
/** Revokes the token with this id, or the one that the request is made with (oauth/oauth_tokens/#revoke-token). */
function deleteTokenRequest(id, authorization) {
  return { operation: 'deleteToken', method: 'DELETE', path: `${TOKENS_PATH}/${id}`, authorization };
}
/**
 * Lists the tokens of the client with the numeric id `clientId`, of all users only as an admin
 * (oauth/oauth_tokens/#list-tokens).
 */
function listTokensRequest(clientId, authorization, allUsers = false) {
  const all = allUsers ? '&all=true' : '';
  const path = `${TOKENS_PATH}?client_id=${clientId}${all}`;
  return { operation: 'listTokens', method: 'GET', path, authorization };
}
/** Lists the clients of the account, as an admin (oauth/oauth_clients/#list-clients). */
function listClientsRequest(authorization) {
  return { operation: 'listClients', method: 'GET', path: '/api/v2/oauth/clients', authorization };
}
/** Asks for the user of the credential (users/users/#show-self). */
function whoAmIRequest(authorization) {
  return { operation: 'whoAmI', method: 'GET', path: '/api/v2/users/me', authorization };
}

;// CONCATENATED MODULE: ./src/report/token.ts





/*
 * A token in words, for the log and the job summary.
 */
/** `token 123`, or what to call a token whose id Zendesk did not report. */
function nameOf({ id }) {
  return id === undefined ? 'the token (id unknown)' : `token ${id}`;
}
/** When a token expires if nobody revokes it, as a sentence without its full stop. */
function expirySentence({ expiry }) {
  switch (expiry.kind) {
    case 'at':
      return `It expires at ${isoTime(expiry.time)}`;
    case 'never':
      return 'It does not expire';
    case 'unknown':
      return 'Zendesk did not report when it expires';
  }
}
/** Where Admin Center shows the tokens of a client. */
const TOKENS_IN_ADMIN_CENTER = "Apps and integrations > APIs > OAuth clients, the client's tokens";
/** How to remove a token manually, as a sentence. */
function manualRemoval(token, origin) {
  return `To revoke it manually, delete it ${removalWays(token, origin)}`;
}
/**
 * By what a token can be deleted, as the end of a sentence.
 *
 * @param origin empty if it is not known
 */
function removalWays({ id }, origin) {
  const tokens = `${origin}${TOKENS_PATH}`;
  const request = id === undefined
    ? `find it as an admin with GET ${tokens} and send DELETE ${tokens}/{id}`
    : `send DELETE ${tokens}/${id} as an admin`;
  return `in Admin Center (${TOKENS_IN_ADMIN_CENTER}), or ${request}, or let \`sweep\` remove it.`;
}
/** The granted scopes, or that Zendesk did not report them. */
function scopesText({ names, isReported }) {
  return isReported ? clean(names.join(' ')) : 'not reported';
}
/** The line that ends the main step; `end` says what becomes of the token. */
function mintedMessage(minted, end) {
  const [name, id] = minted.id === undefined ? ['a token', 'id unknown; '] : [nameOf(minted), ''];
  return `Minted ${name} (${id}scopes: ${scopesText(minted.scopes)}; ${expires(minted.expiry)}). ${end}`;
}
function expires(expiry) {
  switch (expiry.kind) {
    case 'at':
      return expiry.lifetime === undefined
        ? `expires at ${isoTime(expiry.time)}`
        : `expires in ${duration(expiry.lifetime)}`;
    case 'never':
      return 'does not expire';
    case 'unknown':
      return 'expiry not reported';
  }
}
/** The job summary of a token: in main what it is, in post what became of it. */
function tokenTable(title, minted, origin, state) {
  const { id, userId, expiry, scopes } = minted;
  const whenUnknown = expiry.kind === 'never' ? 'never' : 'not reported';
  const cells = {
    State: state,
    Expires: expiry.kind === 'at' ? isoTime(expiry.time) : whenUnknown,
    Scopes: scopes.isReported ? scopes.names.join(' ') : 'not reported',
    Token: String(id ?? 'unknown'),
    User: String(userId ?? 'unknown'),
    Account: new URL(origin).host
  };
  return { title, head: Object.keys(cells), rows: [Object.values(cells)] };
}

;// CONCATENATED MODULE: ./src/report/mint.ts










/*
 * What the main step says of a mint.
 */
/** When every API token stops working, as Zendesk announced on 2026-07-28, and when that is worth a warning. */
const API_TOKENS_END = '2027-04-30';
const WARN_BEFORE = 90 * 86_400_000;
/** Says that `api-token` and `access-token` will stop working, and warns from 90 days before API tokens do. */
function reportDeprecation({ kind }, now, log) {
  if (kind !== 'api_token' && kind !== 'access_token')
    return;
  const deprecated = `Zendesk has deprecated the endpoint that mints with \`${CREDENTIAL_INPUTS[kind].chosenBy}\`; it may stop any day`;
  const end = kind === 'api_token' ? `, and API tokens stop working on ${API_TOKENS_END}` : '';
  const isSoon = kind === 'api_token' && now >= Date.parse(API_TOKENS_END) - WARN_BEFORE;
  log[isSoon ? 'warning' : 'info'](`${deprecated}${end}. Use \`client-secret\` instead.`);
}
/**
 * The sentence about tokens that may exist because the responses to their mint were lost.
 *
 * @param lifetime the seconds until they expire that were requested; `undefined` if none could be
 */
function lostSentence(lost, clientId, lifetime) {
  const isOne = lost.count === 1;
  const tokens = isOne ? 'An unused token' : `Up to ${lost.count} unused tokens`;
  const [they, expire, them] = isOne ? ['it', 'expires', 'it'] : ['they', 'expire', 'them'];
  const expiry = lifetime === undefined ? `${they} may never expire` : `${they} ${expire} after ${duration(lifetime)}`;
  const since = isoTime(lost.since).slice(11, 16);
  return `${tokens} of client ${clean(clientId)} may exist since ${since} UTC; ${expiry}, and \`sweep\` removes ${them}.`;
}
/** The sentence about a token that Zendesk created, but that the response to the mint does not show. */
function unusableSentence(token, origin) {
  return `The response names ${nameOf(token)}, which may be active. ${expirySentence(token)}. ${manualRemoval(token, origin)}`;
}
/** @throws {Error} if Zendesk reports that the token has no scope at all: it can do nothing. */
function requireScopes(minted) {
  if (!isUseless(minted))
    return;
  throw new Error('Zendesk granted the token no scope, so it can do nothing. Check `scopes`, and the allowed scopes of the client in Admin Center.');
}
/** Says which scopes were granted by default, and warns of those that were requested and not granted. */
function reportScopes({ scopes }, inputs, log) {
  const granted = scopes.isReported ? scopesText(scopes) : 'scopes that it did not report';
  if (inputs.hasDefaultScopes)
    log.info(`\`scopes\` is empty, and Zendesk granted: ${granted}. Set \`scopes\` to request fewer.`);
  const missing = scopesNotGranted(inputs.scopes, scopes.names);
  if (missing.length === 0)
    return;
  log.warning(`Zendesk did not grant ${clean(missing.join(' '))}. Check the names, and the allowed scopes of the client in Admin Center.`);
}
/** What becomes of a token that is revoked when the job ends: promised only if the token or the credential may do it. */
function revocationPromise(minted, credential) {
  const { scopes } = minted;
  if (isAdmin(credential) || (scopes.isReported && mayRevoke(scopes.names)))
    return 'It will be revoked when the job ends.';
  const how = credential.kind === 'client_credentials' ? ' with a cleanup token' : '';
  const expiry = expirySentence(minted).replace(/^It/, 'it');
  const why = scopes.isReported
    ? 'Its scopes do not include both `read` and `write`'
    : 'Zendesk did not report its scopes';
  return `${why}, so post will try to revoke it${how}; otherwise ${expiry}.`;
}
/** The error of a job that was cancelled after the mint. */
function cancelledError(minted, isRevoked) {
  const name = nameOf(minted);
  const end = isRevoked ? `Post will try to revoke ${name}.` : `Post will not revoke ${name}.`;
  return new Error(`The job was cancelled. ${end} ${expirySentence(minted)}.`);
}
/** Why main had to revoke a token at once. */
const AT_ONCE = {
  unsaved: (name, cause) => `Could not save ${name} for post. ${cause} Without it post could not revoke the token`,
  unpublished: (name, cause) => `Could not publish ${name}. ${cause} No later step could use it, and post would not revoke it`
};
/**
 * The error of a token that main had to revoke at once.
 *
 * @param cause why it could not be saved or published, in sentences
 * @param end what became of the token, as one or more sentences
 */
function atOnceError(why, minted, cause, end) {
  return new Error(`${AT_ONCE[why](nameOf(minted), cause.message)}, so main tried at once. ${end}`);
}

;// CONCATENATED MODULE: ./src/runner/outputs.ts



const USER = "A job in a container runs as the user of its image: write `--user root`, or the number of the runner's user, into `options` of `container`.";
const DISK = 'The disk is full: free some space before this step.';
/** What to do about a file that cannot be written, by the code of the system. */
const outputs_CURES = {
  EACCES: USER,
  EPERM: USER,
  ENOSPC: DISK,
  EDQUOT: DISK,
  EROFS: 'Its file system is read-only: mount the work folder of the runner so that it can be written.'
};
const OTHER_CURE = 'Check the work folder of the runner: this step has to write to its files.';
const NO_FILE = 'Run this action on a GitHub runner of 2022 or later.';
/**
 * Makes sure that the runner's files can be written before a token exists. Without them a token would stay active,
 * or `@actions/core` would print it to the log, as runners before 2022 required.
 *
 * @throws {Error} that names the variable of a file that cannot be written, and what to do
 */
function requireFiles(...variables) {
  for (const variable of variables) {
    writeRunnerFile(variable, () => (0,external_node_fs_namespaceObject.accessSync)(process.env[variable] ?? '', external_node_fs_namespaceObject.constants.W_OK));
  }
}
/** Sets outputs of `action.yml` or `sweep/action.yml`; `undefined` becomes an empty string. A secret must be masked. */
function setOutputs(outputs) {
  writeRunnerFile('GITHUB_OUTPUT', () => {
    for (const [name, value] of Object.entries(outputs))
      setOutput(name, value ?? '');
  });
}
/** Exports what Zendesk's own `zcli` reads to later steps. */
function exportForZcli(subdomain, token) {
  writeRunnerFile('GITHUB_ENV', () => {
    exportVariable('ZENDESK_SUBDOMAIN', subdomain);
    exportVariable('ZENDESK_OAUTH_TOKEN', token.reveal());
  });
}
/**
 * Runs `write`, which writes to the file that the runner names in `variable`.
 *
 * @throws {Error} that names the variable, the system's words, and what to do
 */
function writeRunnerFile(variable, write) {
  try {
    write();
  }
  catch (error) {
    const { message, code = '' } = error;
    const cure = process.env[variable] ? (outputs_CURES[code] ?? OTHER_CURE) : NO_FILE;
    throw new Error(`Could not write the file that the runner names in ${variable} (${message}). ${cure}`);
  }
}

;// CONCATENATED MODULE: ./src/zendesk/http/pages.ts





/**
 * Reads a list page by page (cursor pagination, 100 a page). Only the cursor of a response is used, never a URL of
 * it, so that no server can have the credential sent elsewhere.
 *
 * @param key under which a page has its items
 * @throws {ZendeskError} if a page is refused or is not a page, or promises another one without items or a new cursor
 */
async function* pages(client, list, key) {
  const seen = new Set();
  const first = `${list.path}${list.path.includes('?') ? '&' : '?'}page[size]=100`;
  for (let path = first;;) {
    const request = { ...list, path };
    const response = await client.send(request);
    const page = asObject(response.json);
    if (response.status !== 200)
      throw unexpectedResponse(request, response);
    if (!Array.isArray(page[key]))
      throw unexpectedResponse(request, response, response.html ? undefined : 'unusableResponse');
    yield { items: page[key], response };
    const { has_more: more = false, after_cursor } = asObject(page['meta']);
    if (more === false || more === null)
      return;
    const cursor = asText(after_cursor);
    const isEmpty = page[key].length === 0;
    if (more !== true || isEmpty || cursor === undefined || /\p{Cs}/u.test(cursor) || seen.has(cursor))
      throw unexpectedResponse(request, response, 'unusableResponse');
    seen.add(cursor);
    path = `${first}&page[after]=${encodeURIComponent(cursor)}`;
  }
}

;// CONCATENATED MODULE: ./src/zendesk/clients.ts








/**
 * The numeric id of an OAuth client: `clientId` itself if it is all digits, else from the list of clients, since
 * Zendesk has no look-up by identifier (https://developer.zendesk.com/api-reference/ticketing/oauth/oauth_clients/).
 *
 * @throws {ZendeskError} if no client has that identifier, or the list cannot be read
 */
async function numericClientId(client, clientId, authorization) {
  if (isNumeric(clientId))
    return Number(clientId);
  const request = listClientsRequest(authorization);
  for await (const { items } of pages(client, request, 'clients')) {
    const found = items.map(asObject).find(({ identifier }) => identifier === clientId);
    const id = positiveInteger(found?.['id']);
    if (id !== undefined)
      return id;
  }
  throw new ZendeskError('clientUnknown', request);
}

;// CONCATENATED MODULE: ./src/zendesk/lost-responses.ts
/** Counts the attempts of a mint that Zendesk may have carried out although no usable response came back. */
class LostResponses {
  count = 0;
  /** Whether the mint was retried after one of them. */
  isRetried = false;
  /** When the first of them was sent, in milliseconds since 1970. */
  since = 0;
  /** Counts one; `sentAt` is when it was sent, in milliseconds since 1970. */
  add(sentAt) {
    if (this.count === 0)
      this.since = sentAt;
    this.count += 1;
  }
  /** Notes that the mint is attempted again. */
  retry() {
    this.isRetried = this.count > 0;
  }
}

;// CONCATENATED MODULE: ./src/mint.ts














/** Milliseconds that a mint which was sent may still take after the job was cancelled. */
const MINT_GRACE = 6000;
/**
 * Mints the token, after looking up the client if that is needed, and masks what comes back. A mint whose response was
 * lost is retried, with a warning that the lost one may have left a token behind.
 *
 * @throws {Error} if no response has a usable token; the error names every token that may be active all the same
 */
async function mint(client, inputs) {
  const { credential, clientId, expiresIn, origin } = inputs;
  const { clock } = client.deadline;
  const request = await mintRequest(client, inputs);
  const lost = new LostResponses();
  const notes = [];
  try {
    const { response, reported } = await sendMint(client, request, { credential, lost, grace: MINT_GRACE });
    const { token, refreshToken, facts } = reported;
    if (isAccepted(response) && token !== undefined)
      return mintedToken({ ...reported, token }, inputs, clock.now());
    if (refreshToken !== undefined)
      setOutputs({ 'refresh-token': refreshToken.reveal() });
    const mayHaveMinted = response.status < 300 && oauthError(response.json) === undefined;
    if (mayHaveMinted && facts.id !== undefined)
      notes.push(unusableSentence({ id: facts.id, expiry: reportedExpiry(facts) }, origin));
    else if (mayHaveMinted)
      lost.add(clock.now());
    throw unexpectedResponse(request, response);
  }
  catch (error) {
    if (lost.count > 0) {
      if (error instanceof ZendeskError && error.kind === 'invalid_grant')
        notes.push('The first attempt got no usable response and was probably carried out.');
      if (!lost.isRetried)
        notes.push(lostSentence(lost, clientId, expiresIn));
    }
    throw explain(error, inputs, notes);
  }
  finally {
    if (lost.isRetried)
      client.log.warning(lostSentence(lost, clientId, expiresIn));
  }
}
async function mintRequest(client, inputs) {
  const { credential, clientId, scopes } = inputs;
  if (!isAdmin(credential))
    return grantRequest(credential, inputs);
  const authorization = adminAuthorization(credential);
  const id = await numericClientId(client, clientId, authorization);
  return createTokenRequest(authorization, id, scopes);
}

;// CONCATENATED MODULE: external "node:crypto"
const external_node_crypto_namespaceObject = require("node:crypto");
;// CONCATENATED MODULE: ./src/lib/schema.ts

/** A value that JSON has as it is, if `isValid` accepts it. */
function plain(isValid) {
  return { write: (value) => value, read: (value) => valid(value, isValid) };
}
const schema_text = plain((value) => typeof value === 'string' && value !== '');
const flag = plain((value) => typeof value === 'boolean');
const number = plain((value) => Number.isFinite(value));
/** One of these texts. */
function choice(choices) {
  return plain((value) => choices.some((each) => each === value));
}
/** A value that may be missing. */
function optional(schema) {
  return {
    write: (value) => (value === undefined ? undefined : schema.write(value)),
    read: (value) => (value === undefined ? undefined : schema.read(value))
  };
}
/** A list of values. */
function list(schema) {
  return {
    write: (values) => values.map((value) => schema.write(value)),
    read: (value) => valid(value, Array.isArray).map((each) => schema.read(each))
  };
}
/** An object with these fields; others are ignored. */
function object(fields) {
  // TypeScript follows no type through a loop over its fields.
  const names = Object.keys(fields);
  return {
    write: (value) => Object.fromEntries(names.map((name) => [name, fields[name].write(value[name])])),
    read: (value) => {
      const given = valid(value, isObject);
      return Object.fromEntries(names.map((name) => [name, fields[name].read(given[name])]));
    }
  };
}
/** One of several objects, told apart by their `kind`. */
function union(kinds) {
  const schemas = kinds;
  const kind = choice(Object.keys(kinds));
  return {
    write: (value) => schemas[kind.read(value.kind)].write(value),
    read: (value) => schemas[kind.read(asObject(value)['kind'])].read(value)
  };
}
function valid(value, isValid) {
  if (!isValid(value))
    throw new TypeError('not valid');
  return value;
}

;// CONCATENATED MODULE: ./src/runner/state.ts









/*
 * What main saves for post. Every later step of the job can read the file behind it, so it holds the token, which
 * those steps can get anyway, and never a credential.
 */
const KEY = 'zendesk';
const id = plain((value) => positiveInteger(value) !== undefined);
const origin = plain((value) => typeof value === 'string' && readOrigin(value) === value);
const token = {
  write: (value) => value.reveal(),
  read: (value) => {
    const usable = usableToken(value);
    if (usable === undefined)
      throw new TypeError('not a token');
    return usable;
  }
};
const schema = union({
  skipped: object({ kind: choice(['skipped']), why: choice(['true', 'auto']) }),
  minted: object({
    kind: choice(['minted']),
    minted: object({
      token,
      refreshToken: { write: () => undefined, read: () => undefined },
      id: optional(id),
      clientId: optional(id),
      userId: optional(id),
      scopes: object({ names: list(schema_text), isReported: flag }),
      expiry: union({
        at: object({
          kind: choice(['at']),
          time: number,
          isReported: flag,
          lifetime: optional(number),
          expiredAfter: optional(number)
        }),
        never: object({ kind: choice(['never']) }),
        unknown: object({ kind: choice(['unknown']) })
      }),
      date: optional(number),
      mintedAt: number,
      seenWorking: flag
    }),
    context: object({
      origin,
      timeoutSeconds: number,
      jobSummary: flag,
      kind: choice(CREDENTIAL_KINDS),
      clientId: schema_text,
      authMethod: choice(AUTH_METHODS),
      salt: schema_text,
      hash: schema_text
    })
  })
});
/**
 * The fingerprint of a credential's secret, and of the origin and client that it is for.
 *
 * @param salt that of the fingerprint to compare with; a new one by default
 */
function fingerprintOf(secret, { origin, clientId }, salt = (0,external_node_crypto_namespaceObject.randomUUID)().replaceAll('-', '')) {
  return { salt, hash: (0,external_node_crypto_namespaceObject.hash)('sha256', JSON.stringify([salt, origin, clientId, secret])) };
}
/**
 * Saves the state; a later call replaces it.
 *
 * @throws {Error} that names the file, if it cannot be written
 */
function saveForPost(state) {
  writeRunnerFile('GITHUB_STATE', () => saveState(KEY, JSON.stringify(schema.write(state))));
}
/** Reads what main saved. */
function loadState() {
  const saved = process.env[`STATE_${KEY}`] ?? '';
  if (saved === '')
    return { kind: 'none' };
  try {
    return schema.read(JSON.parse(saved));
  }
  catch {
    return { kind: 'unreadable' };
  }
}

;// CONCATENATED MODULE: ./src/zendesk/revocation-rules.ts
/*
 * What proves that a token is revoked, as tables: docs/how-it-works.md prints them under "What a 401 proves". They
 * hold for the token of the main step and for a cleanup token. Nothing here sends, waits or logs: `revocation.ts` and
 * `check-token.ts` do, and look up what comes next. `next way` without a way left ends as `warn`.
 *
 * A response to a request that was made with the token:
 * - rejected: Zendesk's own 401
 * - expired: a rejection whose `Date` header is past the reported expiry
 * - active: 200 about this token, or a JSON 403, which only a token that is known gets
 * - unknown: any other response, or none
 * - stopped: the job was cancelled, the time is over, or a wait does not fit into it
 */
/** After a DELETE. `seen active` means: after an accepted one, in this step. */
const AFTER_DELETE = {
  accepted: { 'nothing accepted': 'verify', rechecked: 'verify', 'seen active': 'verify' },
  'accepted by id': { 'nothing accepted': 'gone', rechecked: 'gone', 'seen active': 'gone' },
  rejected: { 'nothing accepted': 'recheck', rechecked: 'next way', 'seen active': 'verify' },
  'not found': { 'nothing accepted': 'recheck at once', rechecked: 'next way', 'seen active': 'verify' },
  expired: { 'nothing accepted': 'expired', rechecked: 'expired', 'seen active': 'expired' },
  'anything else': { 'nothing accepted': 'next way', rechecked: 'next way', 'seen active': 'next way' },
  stopped: { 'nothing accepted': 'warn', rechecked: 'warn', 'seen active': 'warn' }
};
/**
 * Verification, after an accepted DELETE. `seen active` means: after any accepted DELETE of this step; it is the column
 * as well after `active`. `ask again` without a question left is `next way`; the one after 1 s is not one of the three.
 */
const VERIFICATION = {
  rejected: {
    'not seen active': 'verified',
    'seen active': 'ask again after 1 s',
    'seen active, then rejected': 'verified'
  },
  expired: {
    'not seen active': 'verified',
    'seen active': 'expired',
    'seen active, then rejected': 'expired'
  },
  active: {
    'not seen active': 'ask again',
    'seen active': 'ask again',
    'seen active, then rejected': 'ask again'
  },
  unknown: {
    'not seen active': 'unverified',
    'seen active': 'next way',
    'seen active, then rejected': 'next way'
  },
  stopped: { 'not seen active': 'unverified', 'seen active': 'warn', 'seen active, then rejected': 'warn' }
};
/** Recheck, after a rejected or not found DELETE with none accepted; once in a step. */
const RECHECK = {
  rejected: {
    'waits left': 'ask again',
    'last, token known': 'verified',
    'last, token not known': 'next way'
  },
  expired: { 'waits left': 'expired', 'last, token known': 'expired', 'last, token not known': 'expired' },
  active: {
    'waits left': 'same DELETE',
    'last, token known': 'same DELETE',
    'last, token not known': 'same DELETE'
  },
  unknown: { 'waits left': 'next way', 'last, token known': 'next way', 'last, token not known': 'next way' },
  stopped: { 'waits left': 'warn', 'last, token known': 'warn', 'last, token not known': 'warn' }
};
/**
 * The check of main. A JSON 404 is what a narrow token may get. `ask again` without a request left, or after
 * {@link CHECK_TIMEOUT}, is an error.
 */
const CHECK = {
  active: { first: 'checked', 'after a rejection': 'checked' },
  'not found': { first: 'checked', 'after a rejection': 'checked' },
  rejected: { first: 'ask again', 'after a rejection': 'ask again' },
  unknown: { first: 'not checked', 'after a rejection': 'ask again' }
};
/** Milliseconds that a wait leaves for the request after it. */
const REQUEST_RESERVE = 500;
/** Milliseconds before each request of the check, and for all of it. */
const CHECK_WAITS = [0, 500, 1000, 2000];
const CHECK_TIMEOUT = 10_000;
/** After an accepted DELETE. The waits between responses that show the token active prove nothing, so they may be shortened. */
const VERIFICATION_QUESTIONS = [0, 1000, 3000].map((wait) => ({ wait, needs: 0 }));
/** Has to agree with the first rejection of a token that was seen active. */
const SECOND_REJECTION = { wait: 1000, needs: 1000 + REQUEST_RESERVE };
/** After a DELETE that was rejected, or that did not find the token. */
const RECHECK_QUESTIONS = { recheck: fixed([1000], 3000), 'recheck at once': fixed([0, 1000], 3000) };
/** Questions whose waits are what the proof rests on: they are never shortened, and before a wait all that remain have to fit. */
function fixed(waits, last) {
  const needs = (from) => waits.slice(from).reduce((sum, wait) => sum + wait, last + REQUEST_RESERVE);
  return {
    early: waits.map((wait, index) => ({ wait, needs: wait === 0 ? 0 : needs(index) })),
    last: { wait: last, needs: needs(waits.length) }
  };
}

;// CONCATENATED MODULE: ./src/zendesk/token-status.ts




/** Milliseconds between the creation of a JWT and its own `iat` claim, or else the `Date` of its mint. */
const IAT_TOLERANCE = 5000;
const MINT_TOLERANCE = 60_000;
/** Reads a response to a request for the current token: the only place that does. */
function tokenStatus(identity, response) {
  if (isRejection(response))
    return { is: 'rejected' };
  if (isFromAccount(response, 403))
    return { is: 'active', facts: undefined };
  const facts = response.status === 200 ? factsAbout(identity, response.json) : undefined;
  return facts === undefined ? { is: 'unknown' } : { is: 'active', facts };
}
/**
 * The facts in a response, if they are about this very token: `token.token` is missing, or equals its first ten
 * characters. As all JWTs begin alike, a JWT must have been created when its `iat` claim says (RFC 9068 §2.2), or, if
 * that cannot be read, when it was minted here.
 */
function factsAbout({ token, date }, json) {
  const described = asObject(json)['token'];
  if (!isObject(described))
    return undefined;
  const { token: shown } = described;
  const value = token.reveal();
  if (shown !== undefined && shown !== null && shown !== value.slice(0, PREFIX_LENGTH))
    return undefined;
  const facts = tokenFacts(described);
  if (!isJwt(token))
    return facts;
  const issuedAt = issueTimeOf(value);
  const [expected, tolerance] = issuedAt === undefined ? [date, MINT_TOLERANCE] : [issuedAt, IAT_TOLERANCE];
  return isNear(facts.createdAt, expected, tolerance) ? facts : undefined;
}
/** Whether two times are known, and at most `tolerance` apart; all in milliseconds. */
function isNear(time, other, tolerance) {
  return typeof time === 'number' && other !== undefined && Math.abs(time - other) <= tolerance;
}
/** The `iat` claim of a JWT in milliseconds since 1970; `undefined` if it cannot be read. */
function issueTimeOf(jwt) {
  try {
    const [, payload = ''] = jwt.split('.');
    const { iat } = asObject(JSON.parse(Buffer.from(payload, 'base64url').toString()));
    return typeof iat === 'number' ? iat * 1000 : undefined;
  }
  catch {
    return undefined;
  }
}

;// CONCATENATED MODULE: ./src/zendesk/revocation.ts










/** Milliseconds that a DELETE may still take after the job was cancelled. */
const DELETE_GRACE = 2000;
/** Milliseconds for a revocation that cannot be left to later, after the job was cancelled or the time was over. */
const GRACE_PERIOD = 4000;
/** Which of two obstacles to name: that the token still works, else the later one, unless that is the end of the time. */
function tellingMore(first, second) {
  const isTimeout = second.kind === 'stopped' && second.error.kind === 'deadline';
  return first.kind === 'still works' || isTimeout ? first : second;
}
/** The ways to revoke a token with itself. */
function ownWays({ token, id }) {
  const itself = { authorization: bearer(token), by: 'the token itself' };
  return [...(id === undefined ? [] : [{ id, ...itself }]), { id: 'current', ...itself }];
}
/** Revokes a token that nobody will revoke later: once more, in 4 s, if the job was cancelled or the time was over. */
async function insist(client, revoke) {
  const end = await revoke(client);
  const isDone = end === 'verified' || end === 'expired' || end === 'gone';
  if (isDone || !client.deadline.isOver())
    return end;
  return revoke(client.fork(client.deadline.forCleanup(GRACE_PERIOD)));
}
/**
 * The revocation of one token: it sends, waits, and looks up in the tables of `revocation-rules.ts` what comes next.
 * Zendesk has responded 204 to a `DELETE` of the current token without revoking it, so each way is verified.
 */
class Revocation {
  token;
  isCleanup;
  #obstacles = [];
  /** What Zendesk has accepted a DELETE from. */
  #acceptedFrom;
  #isSeenActive = false;
  #isRechecked = false;
  #isUnanswered = false;
  /** @param isCleanup whether the token is a cleanup token, which is gone if its DELETE by id is accepted */
  constructor(token, isCleanup = false) {
    this.token = token;
    this.isCleanup = isCleanup;
  }
  /** The obstacle that says most; there is one unless the token is revoked. */
  get obstacle() {
    return this.#obstacles.reduce(tellingMore);
  }
  /** Notes why a way failed, or could not be tried. */
  note(obstacle) {
    this.#obstacles.push(obstacle);
  }
  /** Tries one way after the other; `next way` if none of them ended the revocation. */
  async try(client, ways) {
    // The job was cancelled before an accepted DELETE was verified.
    if (this.#acceptedFrom !== undefined && !this.#isSeenActive) {
      const end = await this.#verify(client);
      if (end !== 'next way')
        return end;
    }
    for (const way of ways) {
      const end = await this.#delete(client, way);
      if (end !== 'next way')
        return end;
    }
    return 'next way';
  }
  /** What became of the token. */
  outcome(end) {
    switch (end) {
      case 'verified':
        return { end, by: this.#acceptedFrom };
      case 'expired':
      case 'gone':
        return { end };
      case 'unverified':
        return { end, obstacle: this.obstacle };
      case 'warn':
      case 'next way': {
        const isScopeOnly = this.#obstacles.every(({ kind }) => kind === 'scope');
        return { end: 'active', obstacle: this.obstacle, isScopeOnly, isUnanswered: this.#isUnanswered };
      }
    }
  }
  async #delete(client, way) {
    for (;;) {
      const result = await this.#sendDelete(client, way);
      const next = AFTER_DELETE[result][this.#deleteHistory()];
      if (next === 'verify')
        return this.#verify(client);
      if (next !== 'recheck' && next !== 'recheck at once')
        return next;
      const after = await this.#recheck(client, next, way.by);
      if (after !== 'same DELETE')
        return after;
    }
  }
  #deleteHistory() {
    if (this.#isSeenActive)
      return 'seen active';
    return this.#isRechecked ? 'rechecked' : 'nothing accepted';
  }
  async #sendDelete(client, { id, authorization, by }) {
    const request = deleteTokenRequest(id, authorization);
    const observer = { lost: () => (this.#isUnanswered = true) };
    const response = await client.trySend(request, { grace: DELETE_GRACE, observer });
    if (response instanceof ZendeskError)
      return this.#noResponse(response) === 'stopped' ? 'stopped' : 'anything else';
    this.#isUnanswered = false;
    if (isAccepted(response)) {
      this.#acceptedFrom = by;
      return this.isCleanup && id !== 'current' ? 'accepted by id' : 'accepted';
    }
    if (by === 'the token itself' && isRejection(response)) {
      this.note({ kind: 'other', error: unexpectedResponse(request, response, 'newTokenRejected') });
      return this.#isExpired(response) ? 'expired' : 'rejected';
    }
    const kind = this.#isMissingScope(by, response) ? 'scope' : 'other';
    this.note({ kind, error: unexpectedResponse(request, response) });
    return id !== 'current' && isFromAccount(response, 404) ? 'not found' : 'anything else';
  }
  /** After an accepted DELETE: asks with the token until Zendesk rejects it. */
  async #verify(client) {
    const questions = [...VERIFICATION_QUESTIONS];
    let question = questions.shift();
    let history = this.#isSeenActive ? 'seen active' : 'not seen active';
    while (question !== undefined) {
      const status = await this.#ask(client, question);
      const next = VERIFICATION[status][history];
      if (status === 'active') {
        this.#isSeenActive = true;
        this.note({ kind: 'still works' });
        history = 'seen active';
      }
      if (next === 'ask again')
        question = questions.shift();
      else if (next !== 'ask again after 1 s')
        return next;
      else
        [question, history] = [SECOND_REJECTION, 'seen active, then rejected'];
    }
    return 'next way';
  }
  /** Without an accepted DELETE: some servers may not know the token yet, and one 401 may be stray. */
  async #recheck(client, questions, by) {
    this.#isRechecked = true;
    const { early, last } = RECHECK_QUESTIONS[questions];
    for (const question of early) {
      const next = RECHECK[await this.#ask(client, question)]['waits left'];
      if (next !== 'ask again')
        return next;
    }
    const isKnown = this.token.seenWorking || (questions === 'recheck at once' && by === 'credential');
    return RECHECK[await this.#ask(client, last)][isKnown ? 'last, token known' : 'last, token not known'];
  }
  /** Asks with the token, after a wait. */
  async #ask(client, { wait, needs }) {
    const left = client.deadline.remaining();
    if (needs > left) {
      this.note({ kind: 'no time' });
      return 'stopped';
    }
    const pause = needs > 0 ? wait : Math.min(wait, left - REQUEST_RESERVE);
    if (pause > 0)
      await client.pause(pause);
    const request = currentTokenRequest(this.token.token, 'verifyToken');
    const response = await client.trySend(request);
    if (response instanceof ZendeskError)
      return this.#noResponse(response);
    const { is } = tokenStatus(this.token, response);
    if (is === 'unknown')
      this.note({ kind: 'other', error: unexpectedResponse(request, response) });
    return is === 'rejected' && this.#isExpired(response) ? 'expired' : is;
  }
  #noResponse(error) {
    const isStopped = isFinal(error);
    this.note({ kind: isStopped ? 'stopped' : 'other', error });
    return isStopped ? 'stopped' : 'unknown';
  }
  /** Whether a rejection is past the expiry that Zendesk reported, by the clock of this very response. */
  #isExpired({ date }) {
    const { expiry } = this.token;
    const after = expiry.kind === 'at' ? expiry.expiredAfter : undefined;
    return date !== undefined && after !== undefined && date > after;
  }
  #isMissingScope(by, response) {
    if (missingScopes(response) !== undefined)
      return true;
    const { names, isReported } = this.token.scopes;
    return by === 'the token itself' && isFromAccount(response, 403) && isReported && lacksWrite(names);
  }
}

;// CONCATENATED MODULE: ./src/zendesk/cleanup-token.ts










/**
 * Mints a cleanup token by the client credentials grant (it may read and write everything its user may), works with it,
 * and revokes it, even if the work fails. `work` is also told why Zendesk does not report what token it is.
 *
 * @throws {ZendeskError} if Zendesk gives no cleanup token, and what `work` throws
 */
async function withCleanupToken(client, terms, work) {
  let token = await mintCleanupToken(client, terms);
  try {
    terms.onMint?.();
    const identified = await lookUp(client, token);
    token = identified.token;
    return await work(token, identified.error);
  }
  finally {
    const revocation = new Revocation(token, true);
    const end = await insist(client, (within) => revocation.try(within, ownWays(token)));
    const outcome = revocation.outcome(end);
    if ('obstacle' in outcome)
      terms.remaining.push({ token, outcome });
  }
}
async function mintCleanupToken(client, { credential, clientId, lifetime, remaining }) {
  const grant = { clientId, scopes: ['read', 'write'], expiresIn: lifetime };
  const request = grantRequest(credential, grant, 'grantCleanupToken');
  const { clock } = client.deadline;
  const lost = new LostResponses();
  try {
    const { response, reported } = await sendMint(client, request, { credential, lost, grace: GRACE_PERIOD });
    const { token } = reported;
    if (isAccepted(response) && token !== undefined)
      return mintedToken({ ...reported, token }, grant, clock.now());
    if (isAccepted(response))
      lost.add(clock.now());
    throw unexpectedResponse(request, response);
  }
  finally {
    if (lost.count > 0)
      remaining.push({ lost, lifetime });
  }
}
/**
 * Asks Zendesk for the token's id and user, since only a revocation by id is known to work.
 *
 * @returns the token, with what Zendesk reports; and why it reports nothing, unless it responds about another token
 */
async function lookUp(client, token) {
  const request = currentTokenRequest(token.token, 'identifyToken');
  const response = await client.trySend(request);
  if (isStop(response))
    throw response;
  if (response instanceof ZendeskError)
    return { token, error: response };
  const status = tokenStatus(token, response);
  const known = status.is === 'active' ? seenWorking(token, status.facts) : token;
  if (response.status === 200)
    return { token: known };
  const kind = status.is === 'rejected' ? 'newTokenRejected' : undefined;
  return { token: known, error: unexpectedResponse(request, response, kind) };
}

;// CONCATENATED MODULE: ./src/report/revocation.ts










/** Says why there is nothing to revoke, or warns that this is not known. */
function reportNothingToRevoke(state, log) {
  switch (state.kind) {
    case 'none':
      log.info('The main step saved no token, so there is nothing to revoke.');
      break;
    case 'skipped':
      log.info(state.why === 'true'
        ? 'The token is not revoked, because `skip-token-revoke` is `true`.'
        : 'The token is not revoked, because that would revoke its refresh token, too.');
      break;
    case 'unreadable':
      log.warning(`The state that the main step saved cannot be read, so a token of this step may be active. Delete it ${removalWays({ id: undefined }, '')}`);
  }
}
/** What became of a token that Zendesk rejects. */
const DONE = {
  verified: (name) => `Revoked ${name} and verified that Zendesk rejects it.`,
  gone: (name) => `Revoked ${name}: Zendesk accepted the DELETE.`,
  expired: (name) => `Zendesk rejects ${name}, which had expired.`
};
/** Says what became of the token, and of cleanup tokens: at most one warning. */
function reportOutcome(outcome, report, log) {
  const { minted, remaining, isWithoutCredential } = report;
  const rest = remaining.map((each) => remainingSentence(each, report.context));
  if (!('obstacle' in outcome)) {
    log.info(DONE[outcome.end](nameOf(minted)));
    if (rest.length > 0)
      log.warning(rest.join(' '));
    return;
  }
  const isForeseen = outcome.end === 'active' &&
    outcome.isScopeOnly &&
    !isWithoutCredential &&
    minted.expiry.kind === 'at' &&
    minted.expiry.isReported &&
    rest.length === 0;
  const text = remainsSentence(outcome, nameOf(minted));
  if (isForeseen) {
    log.info(`${text} ${expirySentence(minted)}.`);
    return;
  }
  const inputs = isWithoutCredential
    ? ['Post was given other inputs than main, so it could not use the credential.']
    : [];
  log.warning([text, ...inputs, stillThere(report), ...rest].join(' '));
}
/** Says that the revocation broke off, as when the step reached its timeout. */
function reportFailure(error, report, log) {
  const text = `Could not revoke ${nameOf(report.minted)}: ${causeOf(error)}.`;
  const rest = report.remaining.map((each) => remainingSentence(each, report.context));
  log.warning([text, stillThere(report), ...rest].join(' '));
}
/** What became of a token that main could not save for post, as the end of an error. */
function unsavedSentence(outcome, report) {
  const rest = report.remaining.map((each) => remainingSentence(each, report.context));
  const end = 'obstacle' in outcome
    ? `${remainsSentence(outcome, nameOf(report.minted))} ${stillThere(report)}`
    : DONE[outcome.end](nameOf(report.minted));
  return [end, ...rest].join(' ');
}
/** The line about a cleanup token that was minted. */
function cleanupSentence(minted, why) {
  return `Minted a cleanup token (read write, 10 minutes) to revoke ${nameOf(minted)}, because: ${obstacleText(why)}.`;
}
/** A sentence about a cleanup token that may remain active. */
function remainingSentence(remaining, { origin, clientId }) {
  if ('lost' in remaining)
    return `The response to the mint of a cleanup token was lost. ${lostSentence(remaining.lost, clientId, remaining.lifetime)}`;
  const { token, outcome } = remaining;
  const name = `the cleanup token ${token.id ?? '(id unknown)'}`;
  const text = outcome.end === 'unverified'
    ? `Zendesk accepted the DELETE of ${name}, and was not seen to reject it: ${obstacleText(outcome.obstacle)}.`
    : couldNotRevoke(outcome, name);
  return `${text} ${expirySentence(token)}. ${manualRemoval(token, origin)}`;
}
function remainsSentence(outcome, name) {
  return outcome.end === 'unverified'
    ? `Revoked ${name} (Zendesk accepted the DELETE), but this could not be verified: ${obstacleText(outcome.obstacle)}.`
    : couldNotRevoke(outcome, name);
}
function couldNotRevoke({ obstacle, isUnanswered }, name) {
  const unanswered = isUnanswered ? ' The DELETE was sent and not answered.' : '';
  return `Could not revoke ${name}: ${obstacleText(obstacle)}.${unanswered}`;
}
/** Why a revocation failed, as a part of a longer sentence. */
function obstacleText(obstacle) {
  switch (obstacle.kind) {
    case 'still works':
      return 'Zendesk accepted the DELETE, but the token still works';
    case 'no time':
      return 'Zendesk rejected it, but there was no time left to make sure';
    case 'id unknown':
      return 'its id is not known, and no token in the list is certainly this one';
    case 'scope':
    case 'stopped':
    case 'other':
      return causeOf(obstacle.error);
  }
}
/** When the token expires, and how to remove it manually. */
function stillThere({ minted, context }) {
  return `${expirySentence(minted)}. ${manualRemoval(minted, context.origin)}`;
}
/** The title of the summary, and the state of the token. */
const SUMMARIES = {
  verified: ['Zendesk token revoked', 'Zendesk rejects it'],
  gone: ['Zendesk token revoked', 'Zendesk accepted the DELETE'],
  expired: ['Zendesk token expired', 'Zendesk rejects it'],
  unverified: ['Zendesk token revoked, not verified', 'Zendesk accepted the DELETE'],
  active: ['Zendesk token not revoked', 'may still be active']
};
/** The job summary of post. */
function revocationTable(outcome, { minted, context }) {
  const [title, state] = SUMMARIES[outcome.end];
  const revoker = outcome.end === 'verified' ? outcome.by : undefined;
  const by = revoker === 'credential' ? CREDENTIAL_INPUTS[context.kind].chosenBy : revoker;
  return tokenTable(title, minted, context.origin, by === undefined ? state : `revoked with ${by}; ${state}`);
}

;// CONCATENATED MODULE: ./src/zendesk/find-token-id.ts







/** Milliseconds between the mint and the creation of a token in the list that can be the minted one. */
const CREATION_TOLERANCE = 60_000;
/**
 * Finds the id of a token in the list of its user's tokens: the only one of the same client, user, scopes and first ten
 * characters that was created within a minute of the mint. A JWT is not found, as all of them begin alike.
 *
 * @param cleanup a token of the same client and user, with which the list is read
 * @throws {ZendeskError} if the list cannot be read
 */
async function findTokenId(client, minted, cleanup) {
  const { clientId, userId } = cleanup;
  if (isJwt(minted.token) || clientId === undefined || userId === undefined)
    return undefined;
  const prefix = minted.token.reveal().slice(0, PREFIX_LENGTH);
  const sorted = (scopes) => [...scopes].sort().join(' ');
  const isIt = (item) => item.prefix === prefix &&
    item.clientId === clientId &&
    item.userId === userId &&
    item.scopes !== undefined &&
    sorted(item.scopes) === sorted(minted.scopes.names) &&
    isNear(item.createdAt, minted.mintedAt, CREATION_TOLERANCE);
  const matches = [];
  const request = listTokensRequest(clientId, bearer(cleanup.token));
  for await (const { items } of pages(client, request, 'tokens'))
    matches.push(...items.map(tokenFacts).filter(isIt));
  return matches.length === 1 ? matches[0]?.id : undefined;
}

;// CONCATENATED MODULE: ./src/zendesk/revoke-token.ts








/** Seconds until a cleanup token expires. */
const CLEANUP_LIFETIME = 600;
/**
 * Revokes the token that main minted and verifies that Zendesk rejects it, one way after the other: with the credential
 * by id, with the token itself by id and as the current one, and with a cleanup token.
 */
async function revokeToken(client, minted, terms) {
  const revocation = new Revocation(minted);
  return revocation.outcome(await tryEachWay(client, revocation, terms));
}
/** As {@link revokeToken}, for a token that nobody will revoke later: not even a cancelled job ends it before 4 s. */
async function revokeTokenNow(client, minted, terms) {
  const revocation = new Revocation(minted);
  return revocation.outcome(await insist(client, (within) => tryEachWay(within, revocation, terms)));
}
async function tryEachWay(client, revocation, terms) {
  const { credential } = terms;
  const { token } = revocation;
  const ways = ownWays(token);
  if (credential !== undefined && isAdmin(credential) && token.id !== undefined)
    ways.unshift({ id: token.id, authorization: adminAuthorization(credential), by: 'credential' });
  const end = await revocation.try(client, ways);
  if (end !== 'next way' || credential?.kind !== 'client_credentials')
    return end;
  return tryCleanupToken(client, revocation, { ...terms, credential });
}
async function tryCleanupToken(client, revocation, terms) {
  const { token, obstacle } = revocation;
  const onMint = () => terms.onCleanupToken?.(obstacle);
  try {
    return await withCleanupToken(client, { ...terms, lifetime: CLEANUP_LIFETIME, onMint }, async (cleanup) => {
      const id = token.id ?? (await findTokenId(client, token, cleanup));
      if (id !== undefined)
        return revocation.try(client, [{ id, authorization: bearer(cleanup.token), by: 'a cleanup token' }]);
      revocation.note({ kind: 'id unknown' });
      return 'next way';
    });
  }
  catch (error) {
    if (!(error instanceof ZendeskError))
      throw error;
    revocation.note({ kind: obstacleOf(error), error });
    return 'next way';
  }
}
function obstacleOf(error) {
  if (isFinal(error))
    return 'stopped';
  return error.kind === 'invalid_scope' || error.kind === 'missingScope' ? 'scope' : 'other';
}

;// CONCATENATED MODULE: ./src/publish-token.ts










/**
 * Saves what post has to revoke, and then sets the outputs: in this order, so that whatever fails afterwards leaves
 * nothing behind. Called again when more is known about the token.
 *
 * @throws {Error} if the runner's files cannot be written. If post would not revoke the token, because it does not know
 * of it or because it was to be left, main tries at once.
 */
async function publishToken(client, inputs, minted) {
  const isRevoked = shouldRevoke(inputs, minted);
  try {
    saveForPost(stateOf(inputs, minted));
  }
  catch (error) {
    // Without saved state, post does nothing: what is not to be revoked needs none.
    if (isRevoked) {
      const end = await revokeAtOnce(client, inputs, minted, revokeTokenNow);
      throw atOnceError('unsaved', minted, error, end);
    }
  }
  try {
    setOutputs({
      token: minted.token.reveal(),
      'refresh-token': minted.refreshToken?.reveal(),
      'token-id': minted.id,
      'client-id': minted.clientId ?? inputs.clientId,
      'user-id': minted.userId,
      scopes: minted.scopes.isReported ? minted.scopes.names.join(' ') : '',
      'expires-at': expiresAt(minted),
      'base-url': inputs.origin
    });
  }
  catch (error) {
    if (isRevoked)
      throw error;
    // A token that was to be left is not worth a request after the job was cancelled.
    const end = await revokeAtOnce(client, inputs, minted, revokeToken);
    throw atOnceError('unpublished', minted, error, end);
  }
}
/**
 * Whether post revokes the token: with `auto`, not if that would also revoke a refresh token that came with it, unless
 * neither is of use.
 */
function shouldRevoke({ skipRevoke }, minted) {
  if (skipRevoke !== 'auto')
    return skipRevoke === 'false';
  return minted.refreshToken === undefined || isUseless(minted);
}
function stateOf(inputs, minted) {
  if (!shouldRevoke(inputs, minted))
    return { kind: 'skipped', why: inputs.skipRevoke === 'true' ? 'true' : 'auto' };
  const { credential, clientId, origin, timeoutSeconds, jobSummary } = inputs;
  const { salt, hash } = fingerprintOf(reusableSecret(credential), inputs);
  const { kind } = credential;
  const authMethod = isAdmin(credential) ? 'client_secret_post' : credential.authMethod;
  const context = { origin, timeoutSeconds, jobSummary, kind, clientId, authMethod, salt, hash };
  return { kind: 'minted', minted, context };
}
/** Revokes a token that post will not revoke; returns what became of it, as one or more sentences. */
async function revokeAtOnce(client, { credential, clientId, origin }, minted, revoke) {
  const remaining = [];
  const outcome = await revoke(client, minted, { credential, clientId, remaining });
  const context = { origin, clientId, kind: credential.kind };
  return unsavedSentence(outcome, { minted, context, isWithoutCredential: false, remaining });
}

;// CONCATENATED MODULE: ./src/exit.ts

/**
 * Ends the process with an exit code. Node waits for a look-up of a host name even then, which takes up to a minute if
 * the name servers do not answer: where it can (Node 22.15 and later, not on Windows), the process is replaced by one
 * that ends at once.
 */
function exit(host, code) {
  if (isLookingUp() && host.execve !== undefined && host.platform !== 'win32') {
    const env = { ...host.env, NODE_OPTIONS: '' };
    host.execve(host.execPath, [host.execPath, '-e', `process.exit(${code})`], env);
  }
  host.exit(code);
}

;// CONCATENATED MODULE: ./src/step.ts




/** Milliseconds that requests are given to end by themselves at the timeout. */
const TIMEOUT_GRACE = 250;
/**
 * Runs a step from its start to the end of the process, which comes when the step's work or its time is over,
 * whatever sockets and promises remain.
 *
 * @param failureCode the exit code if the step fails: 1 with one error in the log, 0 in silence
 */
async function runStep(host, { clock, log }, run, failureCode) {
  const signal = prepare(host);
  // Whoever waits is told of an error that nobody has caught: the work within its limit, else the step.
  let onCrash;
  const crashed = new Promise((_resolve, reject) => (onCrash = reject));
  host.on('uncaughtException', (error) => onCrash(error));
  const within = async ({ seconds, reserve }, work) => {
    const outside = onCrash;
    let timer;
    const ended = new Promise((_resolve, reject) => {
      onCrash = reject;
      const end = seconds * 1000 + TIMEOUT_GRACE - clock.elapsed();
      timer = setTimeout(() => reject(new StepEnded('deadline', seconds)), end);
    });
    try {
      return await Promise.race([work(new Deadline(clock, seconds, signal, reserve)), ended]);
    }
    finally {
      onCrash = outside;
      clearTimeout(timer);
    }
  };
  let code = 0;
  try {
    await Promise.race([run({ clock, log, within }), crashed]);
  }
  catch (error) {
    code = failureCode;
    if (code !== 0)
      log.error(error instanceof Error ? error.message : String(error));
  }
  // On Windows a pipe is written to in the background: all output has to be out before the process ends.
  await new Promise((resolve) => host.stdout.write('', resolve));
  exit(host, code);
}
/** Prepares the process for a step; the signal that it returns is aborted when the runner cancels the job. */
function prepare(host) {
  const cancellation = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    host.on(signal, () => cancellation.abort());
  // A closed log (EPIPE) must not end the step.
  host.stdout.on('error', () => undefined);
  // Node would print warnings to stderr, and with `--throw-deprecation` end the step, as about `Buffer()` in the
  // `tunnel` package with a proxy's password.
  host.removeAllListeners('warning');
  host.noDeprecation = true;
  return cancellation.signal;
}

;// CONCATENATED MODULE: ./src/zendesk/check-token.ts







/**
 * Uses a new token once, to see that it works and to learn what the response to the mint does not report. After a
 * rejection it asks again, since some servers may not know a new token yet.
 *
 * @returns the token, with what Zendesk reports about it
 * @throws {ZendeskError} if nothing but rejections was heard of the token, or the job is cancelled
 */
async function checkToken(client, token) {
  const { clock } = client.deadline;
  const end = clock.elapsed() + Math.min(CHECK_TIMEOUT, client.deadline.remaining());
  const request = currentTokenRequest(token.token, 'checkToken');
  let history = 'first';
  let rejected = new ZendeskError('newTokenRejected', request);
  for (const wait of CHECK_WAITS) {
    if (wait > 0 && clock.elapsed() + wait >= end)
      break;
    if (wait > 0)
      await client.pause(wait);
    const outcome = await client.trySend(request, { single: true, until: end });
    const isError = outcome instanceof ZendeskError;
    if (isError && outcome.kind === 'cancelled')
      throw outcome;
    const status = isError ? UNKNOWN : statusFor(token, outcome);
    const next = CHECK[status.is][history];
    if (next === 'checked')
      return { token: status.is === 'active' ? seenWorking(token, status.facts) : token };
    if (next === 'not checked')
      return { token, unchecked: isError ? outcome : unexpectedResponse(request, outcome) };
    if (status.is !== 'rejected' || isError)
      continue;
    history = 'after a rejection';
    rejected = unexpectedResponse(request, outcome, 'newTokenRejected');
  }
  throw rejected;
}
const UNKNOWN = { is: 'unknown' };
/** As {@link tokenStatus}, but a narrow token may not ask about itself. */
function statusFor(token, response) {
  return isFromAccount(response, 404) ? { is: 'not found' } : tokenStatus(token, response);
}

;// CONCATENATED MODULE: ./src/main.ts














/**
 * The main step: mints a token, masks it, publishes it to post and to later steps, and checks it.
 *
 * @throws {Error} with one line that names cause and cure, if there is no usable token
 */
async function main({ clock, log, within }) {
  maskInputs(log);
  const inputs = readMainInputs(log);
  requireFiles('GITHUB_STATE', 'GITHUB_OUTPUT', ...(inputs.exportEnv ? ['GITHUB_ENV'] : []));
  reportDeprecation(inputs.credential, clock.now(), log);
  try {
    await within({ seconds: inputs.timeoutSeconds }, (deadline) => createToken(new ZendeskClient(inputs.origin, deadline, log), inputs));
  }
  catch (error) {
    throw explain(error, inputs);
  }
}
async function createToken(client, inputs) {
  const { log, deadline } = client;
  const minted = await mint(client, inputs);
  await publishToken(client, inputs, minted);
  requireScopes(minted);
  requireJob(client, inputs, minted);
  deadline.check();
  const token = isAdmin(inputs.credential) ? minted : await check(client, inputs, minted);
  requireJob(client, inputs, token);
  reportScopes(token, inputs, log);
  if (inputs.exportEnv)
    exportForZcli(inputs.subdomain, token.token);
  const end = shouldRevoke(inputs, token)
    ? revocationPromise(token, inputs.credential)
    : 'It will not be revoked when the job ends.';
  if (inputs.jobSummary)
    await writeSummary(tokenTable('Zendesk token minted', token, inputs.origin, end), log);
  log.info(mintedMessage(token, end));
}
/** Uses the new token once, and publishes what Zendesk reports about it. */
async function check(client, inputs, minted) {
  const { token, unchecked } = await checkToken(client, minted).catch((error) => {
    requireJob(client, inputs, minted);
    throw error;
  });
  if (token.seenWorking)
    await publishToken(client, inputs, token);
  if (unchecked !== undefined)
    client.log.info(`The new token was not checked: ${causeOf(unchecked)}.`);
  requireScopes(token);
  return token;
}
/** @throws {Error} if the job was cancelled after the mint: it says what becomes of the token */
function requireJob({ deadline: { signal } }, inputs, token) {
  if (signal.aborted)
    throw cancelledError(token, shouldRevoke(inputs, token));
}

;// CONCATENATED MODULE: ./src/post.ts












/** Seconds: a cancelled job gives all its post steps together 285. */
const LONGEST_POST = 240;
/** The post step: revokes the token that main minted, and verifies that Zendesk rejects it. It never fails the job. */
async function post(step) {
  const { log } = step;
  const state = loadState();
  if (state.kind !== 'minted') {
    reportNothingToRevoke(state, log);
    return;
  }
  const { minted, context } = state;
  const { usedByPost, secret } = CREDENTIAL_INPUTS[context.kind];
  maskInputs(log, usedByPost ? secret : [], context);
  log.mask(minted.token.reveal());
  const credential = usedByPost ? sameCredential(context) : undefined;
  const isWithoutCredential = usedByPost && credential === undefined;
  const report = { minted, context, isWithoutCredential, remaining: [] };
  const outcome = await revoke(step, report, credential);
  if (outcome !== undefined && context.jobSummary)
    await writeSummary(revocationTable(outcome, report), log);
}
/** Revokes the token and says what became of it; returns nothing if the revocation broke off. */
async function revoke({ log, within }, report, credential) {
  const { minted, context, remaining } = report;
  const { origin, clientId, timeoutSeconds } = context;
  const onCleanupToken = (why) => log.info(cleanupSentence(minted, why));
  const terms = { credential, clientId, remaining, onCleanupToken };
  const seconds = Math.min(timeoutSeconds, LONGEST_POST);
  try {
    const outcome = await within({ seconds, reserve: reserveOf(seconds) }, (deadline) => revokeToken(new ZendeskClient(origin, deadline, log), minted, terms));
    reportOutcome(outcome, report, log);
    return outcome;
  }
  catch (error) {
    reportFailure(error, report, log);
    return undefined;
  }
}
/**
 * The credential that minted the token, read from the inputs and used only if it is the same: a bug of the runner
 * gives the post steps of nested actions the inputs of others (https://github.com/actions/runner/issues/2030).
 */
function sameCredential(context) {
  const credential = rereadCredential(context.kind, context.authMethod);
  const { hash } = fingerprintOf(reusableSecret(credential), context, context.salt);
  return hash === context.hash ? credential : undefined;
}

;// CONCATENATED MODULE: ./src/runner/log.ts



/** The log of the job. */
const runnerLog = {
  debug: (text) => core_debug(oneLine(text)),
  info: (text) => info(oneLine(text)),
  warning: (text) => warning(oneLine(text)),
  error: (text) => error(oneLine(text)),
  mask(secret) {
    // `::add-mask::1` would ruin every log and output of the job.
    if (secret.length < SHORTEST_SECRET)
      return;
    core_setSecret(secret);
    addSecret(secret);
  }
};

;// CONCATENATED MODULE: ./src/zendesk/stale-tokens.ts

/**
 * The token as a stale one; `undefined` if it belongs to another client or user, is the one that the sweep works
 * with, has expired, was created or used recently, or has a refresh token that is still valid. If Zendesk does not
 * report what is needed to tell, the token is not stale.
 *
 * @param date of the response that lists the token, in milliseconds since 1970
 * @param local this machine's clock, the same
 */
function staleToken(token, criteria, date, local) {
  const { id, clientId, userId, scopes = [], createdAt, usedAt, expiresAt } = token;
  const now = date ?? local;
  const earliest = Math.min(now, local);
  // If the two clocks differ, the one by which the token is younger counts.
  const isOld = (time) => earliest - time > criteria.olderThan;
  if (id === undefined || id === criteria.ownId || clientId !== criteria.clientId)
    return undefined;
  if (userId === undefined || userId !== (criteria.userId ?? userId))
    return undefined;
  if (typeof createdAt !== 'number' || !isOld(createdAt))
    return undefined;
  if (usedAt === undefined || (usedAt !== null && !isOld(usedAt)))
    return undefined;
  if (expiresAt === undefined || (expiresAt !== null && expiresAt <= now))
    return undefined;
  if (token.hasRefreshToken && !((token.refreshTokenExpiresAt ?? Infinity) <= earliest))
    return undefined;
  return { id, userId, scopes: scopes.join(' '), createdAt, usedAt };
}

;// CONCATENATED MODULE: ./src/report/sweep.ts







/** Ids in the output, rows in the summary, ids in a line of the log. */
const OUTPUT_IDS = 5000;
const SUMMARY_ROWS = 500;
const LOG_IDS = 50;
/** What a sweep has found, and what became of it. */
class SweepReport {
  inputs;
  /** How many tokens were listed. */
  checked = 0;
  #tokens = new Map();
  #revoked = new Set();
  /** Why a token could not be revoked, in a few words. */
  #failed = new Map();
  /** One message of each kind of error is enough. */
  #messages = new Map();
  #stopped;
  constructor(inputs) {
    this.inputs = inputs;
  }
  get matched() {
    return this.#tokens.size;
  }
  get revoked() {
    return this.#revoked.size;
  }
  /** Notes what ended the sweep before it had finished; the first error counts. */
  stop(error) {
    this.#stopped ??= explain(error, this.inputs).message;
  }
  /** Notes a stale token, once: a page may be shown twice. */
  add(token) {
    this.#tokens.set(token.id, token);
  }
  /** The stale tokens, as an iterator that workers share: each token is returned once. */
  queue() {
    return this.#tokens.values();
  }
  /** Notes what became of a token: the error that kept it from being revoked, or nothing. */
  record({ id }, error) {
    if (error === undefined) {
      this.#revoked.add(id);
      return;
    }
    // Only words: thousands of responses would take much memory.
    this.#failed.set(id, error.summary());
    if (!this.#messages.has(error.kind))
      this.#messages.set(error.kind, explain(error, this.inputs).message);
  }
  outputs() {
    const ids = [...this.#tokens.keys()].slice(0, OUTPUT_IDS);
    const { matched, revoked } = this;
    return { matched, revoked, failed: this.#failed.size, 'token-ids': JSON.stringify(ids) };
  }
  /** The line that ends a sweep without failures. */
  message() {
    if (this.matched === 0)
      return `No stale tokens (${this.checked} checked).`;
    if (!this.inputs.dryRun)
      return `Revoked ${stale(this.revoked)} (${this.checked} checked).`;
    const ids = idList([...this.#tokens.keys()]);
    return `Found ${stale(this.matched)} (${this.checked} checked). \`dry-run: 'false'\` would revoke: ${ids}.`;
  }
  /** The error to end with, if anything remained to be done. */
  error() {
    const remained = this.#failed.size;
    if (this.#stopped === undefined && remained === 0)
      return undefined;
    const parts = this.#stopped === undefined ? [] : [this.#stopped];
    if (remained > 0) {
      const ids = idList([...this.#failed.keys()].sort((a, b) => a - b));
      parts.push(`Could not revoke ${remained} of ${stale(this.matched)}: ${ids}.`);
      parts.push(...this.#messages.values());
    }
    else if (!this.inputs.dryRun && this.matched > 0) {
      parts.push(`Revoked ${stale(this.revoked)} before that.`);
    }
    return new Error(parts.join(' '));
  }
  /** The job summary: counts, then failures first. */
  table(now) {
    const title = `Zendesk tokens of ${clean(this.inputs.clientId)}`;
    const outcome = this.inputs.dryRun
      ? 'This was a dry run: nothing was revoked.'
      : `Revoked: ${this.revoked}. Failed: ${this.#failed.size}.`;
    const lines = [`${stale(this.matched)} (${this.checked} checked). ${outcome}`];
    if (this.#stopped !== undefined)
      lines.push(`The sweep did not finish. ${this.#stopped}`);
    if (this.matched > SUMMARY_ROWS)
      lines.push(`The first ${SUMMARY_ROWS} of them are below.`);
    const rank = ({ id }) => (this.#failed.has(id) ? 0 : 1);
    const failuresFirst = [...this.#tokens.values()].sort((a, b) => rank(a) - rank(b));
    const rows = failuresFirst.slice(0, SUMMARY_ROWS).map((token) => this.#row(token, now));
    return { title, lines, head: ['Id', 'User', 'Scopes', 'Age', 'Last used', 'Outcome'], rows };
  }
  #row({ id, userId, scopes, createdAt, usedAt }, now) {
    const age = (time) => duration(Math.max(0, now - time) / 1000);
    const lastUse = usedAt === null ? 'never' : `${age(usedAt)} ago`;
    const error = this.#failed.get(id);
    let outcome = this.inputs.dryRun ? 'would be revoked' : 'not revoked';
    if (error !== undefined)
      outcome += `: ${error}`;
    if (this.#revoked.has(id))
      outcome = 'revoked';
    return [String(id), String(userId), scopes, age(createdAt), lastUse, outcome];
  }
}
function stale(count) {
  return `${count} stale ${count === 1 ? 'token' : 'tokens'}`;
}
function idList(ids) {
  const shown = ids.slice(0, LOG_IDS).join(', ');
  return ids.length > LOG_IDS ? `${shown} and ${ids.length - LOG_IDS} more` : shown;
}
/** The error of a sweep that cannot tell its own token, or its user, from others. */
function unknownIdentity() {
  return new Error('Zendesk does not report which token this sweep works with, or whose it is, so nothing was listed or revoked. Check that the credential has the scope `read`.');
}

;// CONCATENATED MODULE: ./src/zendesk/identify.ts







/**
 * Asks Zendesk for the user of an admin's credential and, if that is an access token, for its id.
 *
 * @returns `undefined` for what Zendesk does not report about this very credential
 * @throws {ZendeskError} if there is no response, or it refuses the request
 */
async function identify(client, credential) {
  if (credential.kind === 'access_token') {
    const token = credential.accessToken;
    const request = currentTokenRequest(token, 'identifyToken');
    const response = await client.send(request);
    if (response.status !== 200)
      throw unexpectedResponse(request, response);
    const status = tokenStatus({ token, date: undefined }, response);
    const facts = status.is === 'active' ? status.facts : undefined;
    return { id: facts?.id, userId: facts?.userId };
  }
  const request = whoAmIRequest(adminAuthorization(credential));
  const response = await client.send(request);
  if (response.status !== 200)
    throw unexpectedResponse(request, response);
  // Zendesk responds to rejected credentials with 200 and an anonymous user, whose id is null.
  const userId = positiveInteger(asObject(asObject(response.json)['user'])['id']);
  const kind = response.html ? undefined : 'credentialsRejected';
  if (userId === undefined)
    throw unexpectedResponse(request, response, kind);
  return { id: undefined, userId };
}

;// CONCATENATED MODULE: ./src/sweep.ts





















/** Tokens that are revoked at the same time. */
const WORKERS = 4;
/** Seconds: a cleanup token that cannot be revoked outlives the step by this much, and is valid at least so long. */
const CLEANUP_MARGIN = 120;
const SHORTEST_CLEANUP = 600;
/** Milliseconds between two lines of progress. */
const PROGRESS = 15_000;
/**
 * The sweep: finds the stale tokens of one client, and revokes them.
 *
 * @throws {Error} with one line, if a stale token remained or the sweep did not finish
 */
async function sweep({ clock, log, within }) {
  // Makes V8 collect garbage earlier: with 10,000 tokens the peak is 79 MiB instead of 111, with 1,000 it is 70. Not
  // imported: loading this module would cost main and post 3 ms, too.
  process.getBuiltinModule('node:v8').setFlagsFromString('--optimize-for-size');
  maskInputs(log);
  const inputs = readSweepInputs(log);
  requireFiles('GITHUB_OUTPUT');
  const seconds = inputs.timeoutSeconds;
  const report = new SweepReport(inputs);
  const remaining = [];
  try {
    await within({ seconds, reserve: reserveOf(seconds) }, (deadline) => run({ client: new ZendeskClient(inputs.origin, deadline, log), inputs, report }, remaining));
  }
  catch (error) {
    report.stop(error);
  }
  for (const each of remaining)
    log.warning(remainingSentence(each, inputs));
  try {
    setOutputs(report.outputs());
  }
  catch (error) {
    report.stop(error);
  }
  if (inputs.jobSummary)
    await writeSummary(report.table(clock.now()), log);
  const error = report.error();
  if (error !== undefined)
    throw error;
  log.info(report.message());
}
async function run(sweep, remaining) {
  const { client, inputs } = sweep;
  const { clientId, credential, allUsers, olderThan, timeoutSeconds } = inputs;
  const revoke = async (authorization, own, ownClient) => {
    const id = ownClient ?? (await numericClientId(client, clientId, authorization));
    await revokeStale(sweep, authorization, { ...own, olderThan, clientId: id });
  };
  if (isAdmin(credential)) {
    await revoke(adminAuthorization(credential), await ownOfAdmin(client, credential, allUsers));
    return;
  }
  const lifetime = Math.max(SHORTEST_CLEANUP, timeoutSeconds + CLEANUP_MARGIN);
  await withCleanupToken(client, { credential, clientId, lifetime, remaining }, (cleanup, unidentified) => revoke(bearer(cleanup.token), ownOf(cleanup, allUsers, unidentified), cleanup.clientId));
}
async function ownOfAdmin(client, credential, allUsers) {
  if (credential.kind === 'access_token')
    return ownOf(await identify(client, credential), allUsers);
  const userId = allUsers ? undefined : (await identify(client, credential)).userId;
  return { userId, ownId: undefined };
}
/** @throws {Error} if it is not known which token the sweep works with, or whose it is */
function ownOf({ id, userId }, allUsers, why = unknownIdentity()) {
  if (id === undefined || (userId === undefined && !allUsers))
    throw why;
  return { userId: allUsers ? undefined : userId, ownId: id };
}
/** Lists the client's tokens to the last page, then revokes the stale ones; `report` is updated with each. */
async function revokeStale(sweep, authorization, criteria) {
  const { client, inputs, report } = sweep;
  try {
    await sweep_list(sweep, authorization, criteria);
  }
  catch (error) {
    // What was found before the list broke off is stale all the same.
    report.stop(error);
  }
  if (inputs.dryRun)
    return;
  const queue = report.queue();
  const progress = progressLog(client);
  let final;
  const work = async () => {
    const worker = client.fork();
    for (const token of queue) {
      // If no further request can help with one token, none can with the others.
      const error = final ?? (await tryToRevoke(worker, token.id, authorization));
      if (isFinal(error))
        final = error;
      report.record(token, error);
      progress(() => `Revoked ${report.revoked} of ${report.matched} tokens so far.`);
    }
    worker.close();
  };
  await Promise.all(Array.from({ length: WORKERS }, work));
}
async function sweep_list(sweep, authorization, criteria) {
  const { client, inputs, report } = sweep;
  const progress = progressLog(client);
  const request = listTokensRequest(criteria.clientId, authorization, inputs.allUsers);
  for await (const { items, response } of pages(client, request, 'tokens')) {
    for (const item of items) {
      const found = staleToken(tokenFacts(item), criteria, response.date, client.deadline.clock.now());
      if (found !== undefined)
        report.add(found);
    }
    report.checked += items.length;
    progress(() => `Listed ${report.checked} tokens so far, ${report.matched} of them stale.`);
  }
}
async function tryToRevoke(client, id, authorization) {
  const request = deleteTokenRequest(id, authorization);
  const response = await client.trySend(request, { grace: DELETE_GRACE });
  if (response instanceof ZendeskError)
    return response;
  return isAccepted(response) || isFromAccount(response, 404)
    ? undefined
    : unexpectedResponse(request, response);
}
/** Returns a function that logs how far the work is, now and then. */
function progressLog({ deadline: { clock }, log }) {
  let next = clock.elapsed() + PROGRESS;
  return (line) => {
    if (clock.elapsed() < next)
      return;
    next = clock.elapsed() + PROGRESS;
    log.info(line());
  };
}

;// CONCATENATED MODULE: ./src/index.ts






/*
 * Entry points of dist/main.cjs, post.cjs and sweep.cjs.
 */
const entry = (step, failureCode) => () => runStep(process, { clock: systemClock, log: runnerLog }, step, failureCode);
/** The main step. Exit code 1, and exactly one error, if there is no usable token. */
const src_main = entry(main, 1);
/** The post step. Exit code 0, whatever happens. */
const src_post = entry(post, 0);
/** The sweep. Exit code 1, and exactly one error, if a stale token remained. */
const src_sweep = entry(sweep, 1);

})();

module.exports = __webpack_exports__;
})()
;