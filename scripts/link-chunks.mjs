/**
 * Binds the chunks of the program to each other before they become CommonJS. esbuild's own conversion asks the other chunk for a name
 * at every use, through two getters of which the second cannot be optimised: in the IKE daemon that was a twentieth of a handshake.
 * Here a chunk takes the names once, when it loads, into variables. Names whose values may change later keep being asked for.
 *
 * What it reads is esbuild's output and nothing else: imports at the beginning, one list of exports at the end, no cycles.
 */

const ownImport = /import(?:\{([^}]*)\}from)?"(\.\/[^"]+)";?\s*/y;
const otherImport = /import(?:[^"';()]*?from)?"[^"]+";?\s*/y;
const exportList = /export\{([^}]*)\};?\s*$/;

/** @typedef {{ readonly inner: string, readonly outer: string }} Name `inner as outer` */

/**
 * @param {ReadonlyMap<string, string>} chunks ES modules by their file names
 * @returns {Map<string, string>} the same for `transform` of esbuild with format `cjs`; throws where a chunk has not esbuild's form
 */
export function linkChunks(chunks) {
  const read = new Map([...chunks].map(([file, text]) => [file, readChunk(file, text)]));
  refuseCycles(read);
  const changing = new Map(
    [...read].map(([file, chunk]) => [
      `./${file}`,
      new Set(chunk.exported.filter((name) => mayChange(chunk.body, name.inner)).map(({ outer }) => outer)),
    ]),
  );
  return new Map(
    [...read].map(([file, chunk]) => [
      file,
      written(chunk, (from) => changing.get(from) ?? new Set(), changing.get(`./${file}`) ?? new Set()),
    ]),
  );
}

/**
 * @param {string} file
 * @param {string} text
 */
function readChunk(file, text) {
  /** @type {{ from: string, names: Name[] }[]} */
  const imported = [];
  let others = '';
  let at = 0;
  for (;;) {
    const own = matchAt(ownImport, text, at);
    const other = own ? undefined : matchAt(otherImport, text, at);
    if (own) imported.push({ from: own[2] ?? '', names: namesOf(own[1] ?? '') });
    else if (other) others += other[0];
    else break;
    at += (own ?? other)?.[0].length ?? 0;
  }
  const list = exportList.exec(text);
  const body = text.slice(at, list?.index);
  // What a module asks of Node may stand further down; esbuild's conversion brings it up.
  if (/(?:^|[;}\n])(?:import(?:\{[^}]*\}from)?"\.|export[{*])/.test(body))
    throw new Error(`${file} is not in the form that esbuild gives chunks`);
  return { imported, others, body, exported: namesOf(list?.[1] ?? '') };
}

/**
 * @param {RegExp} pattern sticky
 * @param {string} text
 * @param {number} at
 */
function matchAt(pattern, text, at) {
  pattern.lastIndex = at;
  return pattern.exec(text) ?? undefined;
}

/**
 * @param {string} list `a,b as c`
 * @returns {Name[]}
 */
function namesOf(list) {
  return list
    .split(',')
    .filter((each) => each.trim() !== '')
    .map((each) => {
      const [inner = '', outer = inner] = each.trim().split(/\s+as\s+/);
      return { inner, outer };
    });
}

/** @param {ReadonlyMap<string, ReturnType<typeof readChunk>>} chunks */
function refuseCycles(chunks) {
  /** @type {Map<string, 'open' | 'done'>} */
  const seen = new Map();
  /** @param {string} file */
  const visit = (file) => {
    if (seen.get(file) === 'open') throw new Error(`${file} imports itself by way of others`);
    if (seen.has(file)) return;
    seen.set(file, 'open');
    for (const { from } of chunks.get(file)?.imported ?? []) visit(from.slice('./'.length));
    seen.set(file, 'done');
  };
  for (const file of chunks.keys()) visit(file);
}

/**
 * May a name at the top of a chunk get another value than its declaration gives it? Looks at the text alone, so it also says yes for
 * some that keep theirs: an assignment to another variable of the name counts, and so does a pattern that has it.
 *
 * @param {string} body
 * @param {string} name
 */
export function mayChange(body, name) {
  const it = `(?<![\\w$]|(?<!\\.\\.)\\.)${name.replaceAll('$', '\\$')}(?![\\w$])`;
  const assigned = `${it}\\s*(?:=(?![=>])|\\+\\+|--|(?:[-+*/%&|^]|\\*\\*|&&|\\|\\||\\?\\?|<<|>>>?)=)`;
  const stepped = `(?:\\+\\+|--)${it}`;
  const looped = `for\\s*(?:await\\s*)?\\([^;()]*${it}[^;()]*\\b(?:of|in)\\b`;
  const inPattern = `[,[{:]\\s*(?:\\.\\.\\.)?${it}[^;(){}]*[\\]}]\\s*=(?!=)`;
  const changes = body.match(new RegExp([assigned, stepped, looped, inPattern].join('|'), 'g')) ?? [];
  const declared = new RegExp(`(?:\\bvar |[,])${it}=(?!=)`).test(body) ? 1 : 0;
  return changes.length > declared;
}

/**
 * @param {ReturnType<typeof readChunk>} chunk
 * @param {(from: string) => ReadonlySet<string>} changingOf names of another chunk that may change
 * @param {ReadonlySet<string>} changing own names that may
 */
function written({ imported, others, body, exported }, changingOf, changing) {
  let asked = '';
  let taken = '';
  for (const { from, names } of imported) {
    /** @param {Name} name */
    const isAsked = ({ inner }) => changingOf(from).has(inner);
    const ask = names.filter(isAsked).map(({ inner, outer }) => `${inner} as ${outer}`);
    const take = names.filter((name) => !isAsked(name)).map(({ inner, outer }) => `${inner}:${outer}`);
    if (ask.length > 0) asked += `import{${ask.join(',')}}from"${from}";`;
    // `var` and not `const`: V8 would look at every use whether it has its value already.
    taken += take.length > 0 ? `var{${take.join(',')}}=require("${from}");` : `require("${from}");`;
  }
  const members = exported.map(({ inner, outer }) =>
    changing.has(outer) ? `get ${outer}(){return ${inner}}` : `${outer}:${inner}`,
  );
  const given = exported.length > 0 ? `\nmodule.exports={${['__esModule:!0', ...members].join(',')}};` : '';
  return `${others}${asked}${taken}${body}${given}`;
}
