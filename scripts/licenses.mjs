/** The licences of the packages inside a bundle, as those licences ask of whoever passes the code on. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/**
 * @param {readonly string[]} inputs the files of a bundle, relative to `root`
 * @param {string} root
 * @returns {string} one text, a section for each package
 */
export function licensesOf(inputs, root) {
  const folders = new Set(inputs.map(packageFolder).filter((folder) => folder !== undefined));
  return [...folders]
    .sort()
    .map((folder) => licenseOf(path.join(root, folder)))
    .join('\n');
}

/** @param {string} input */
function packageFolder(input) {
  return /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(input)?.[0];
}

/** @param {string} folder */
function licenseOf(folder) {
  const { name, version, license } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
  const file = readdirSync(folder).find((entry) => /^(licen[cs]e|copying)/i.test(entry));
  // A few packages publish no licence text; what they declare is all that can be passed on.
  const text =
    file === undefined ? '(the package holds no licence text)' : readFileSync(path.join(folder, file), 'utf8').trim();
  return `${name} ${version} (${license})\n${'-'.repeat(72)}\n${text}\n`;
}
