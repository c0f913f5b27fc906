/** The same configuration in another layout: comments, blanks, quotes, sections opened twice, settings that a later one replaces. */
import type { Draw } from './draw.js';

/** Settings that may be given twice: only the last one counts. */
const replaced: Readonly<Record<string, string>> = {
  version: '1',
  mode: 'transport',
  esp_proposals: 'aes192-sha512',
  local_ts: '192.0.2.0/24',
  proposals: 'aes192-sha512-modp4096',
  id: 'nobody.example.org',
};
const comments = ['# as agreed with the partner', '#', '# local_ts = 10.9.0.0/16', '# } children {'];

/** Rewrites the text of a configuration so that it means the same. */
export function relaid(draw: Draw, text: string): string {
  const lines = text.split('\n').flatMap((line) => relaidLine(draw, line));
  return draw.chance(0.3) ? `${lines.join('\n')}${openedAgain(draw)}` : lines.join('\n');
}

function relaidLine(draw: Draw, line: string): string[] {
  const [, indent = '', name = '', value = ''] = /^(\s*)([\w-]+) = (.*)$/.exec(line) ?? [];
  const around: string[] = [];
  if (draw.chance(0.1)) around.push(draw.one(['', ...comments.map((comment) => indent + comment)]));
  if (name === '') return [...around, draw.chance(0.1) && line.trim() !== '' ? `${line} ${draw.one(comments)}` : line];
  const earlier = Object.hasOwn(replaced, name) ? replaced[name] : undefined;
  if (earlier !== undefined && draw.chance(0.15)) around.push(`${indent}${name} = ${earlier}`);
  const isQuoted = value.startsWith('"');
  const written = isQuoted || !draw.chance(0.2) ? value : `"${value}"`;
  const equals = draw.one([' = ', ' = ', '=', '   =\t', '= ']);
  const behind = draw.one(['', '', '', ' ', '\t# why', ` ${draw.one(comments)}`]);
  return [...around, `${draw.one([indent, indent, '', '\t'])}${name}${equals}${spaced(draw, name, written)}${behind}`];
}

/** Blanks around the commas of a list do not count, and neither do items of nothing. */
function spaced(draw: Draw, name: string, value: string): string {
  const isList = /_ts$|proposals$|_addrs$/.test(name);
  if (!isList || !draw.chance(0.4)) return value;
  const spread = value.replaceAll(',', draw.one([' , ', ', ', ' ,', ',,']));
  return value.startsWith('"') ? spread : spread + draw.one(['', ',', '']);
}

/** A section that is opened once more adds to what it has. */
function openedAgain(draw: Draw): string {
  const option = draw.one(['mobike = no', 'dpd_delay = 60s', 'unique = replace', 'childless = allow']);
  return draw.one([
    `connections {\n  c {\n    ${option}\n  }\n}\n`,
    `connections { c { children { net { rekey_time = 30m\n replay_window = 64 } } } }\n`,
  ]);
}
