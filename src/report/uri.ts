/** File paths as URI references (RFC 3986), for formats that do not take paths. */

/** Has no UTF-8 form, and encodeURIComponent would throw on it. */
const loneSurrogate = /\p{Cs}/gu;

/** A path as a URI reference: relative to `root` where it lies below it or is relative itself, else a `file:` URI. */
export interface PathUri {
  readonly uri: string;
  readonly relative: boolean;
}

/** `root` is an absolute folder; a relative path is taken to start there. */
export function pathUri(path: string, root?: string): PathUri {
  const local = relativePath(path, root);
  return local.startsWith('/')
    ? { uri: `file://${encode(local)}`, relative: false }
    : { uri: encode(local), relative: true };
}

/** The `file:` URI of an absolute folder, with a slash at its end. */
export function folderUri(folder: string): string {
  return `file://${encode(folder.endsWith('/') ? folder : `${folder}/`)}`;
}

/** A path as seen from `root`, without the `./` that some readers do not resolve; one outside of it stays absolute. */
export function relativePath(path: string, root?: string): string {
  const prefix = root === undefined || root.endsWith('/') ? root : `${root}/`;
  const below = prefix !== undefined && path.startsWith(prefix) ? path.slice(prefix.length).replace(/^\/+/, '') : path;
  return (below || path).replace(/^(?:\.\/+)+(?=.)/s, '');
}

/** All but unreserved characters and `/` in percent-encoding; a colon too, which would make the first segment a scheme. */
function encode(path: string): string {
  return path.replace(loneSurrogate, '\ufffd').split('/').map(encodeURIComponent).join('/');
}
