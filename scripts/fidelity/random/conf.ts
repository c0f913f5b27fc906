/** What random pairs are made of, and how it is written. */
import { drawFrom, randomOf } from './draw.js';
import { relaid } from './layout.js';

/** The addresses that the pairs are made for: that of IKE first. */
export const pairHosts = {
  left: ['10.99.0.1', '10.1.1.5', 'fd01::5'],
  right: ['10.99.0.2', '10.2.1.130', 'fd02::5'],
} as const;

/** One end of a connection and its children, from its own point of view. */
export interface Conf {
  version: string;
  aggressive: boolean;
  local: string;
  remote: string;
  proposals: string[];
  localAuth: string;
  remoteAuth: string;
  localId: string | undefined;
  remoteId: string | undefined;
  /** Further settings of either end, a line each. */
  localLines?: readonly string[];
  remoteLines?: readonly string[];
  options: string[];
  children: Child[];
  secrets: { secret: string; ids: string[] }[];
  /** Further rounds of authentication (RFC 4739) of either end, by their methods. */
  localRounds: string[];
  remoteRounds: string[];
  /** Other connections that do not matter, or do: behind, and before. */
  more: Conf[];
  before: Conf[];
  /** Written with its settings in a section of its own, which it refers to. */
  inherits: boolean;
  /** Its children too. */
  inheritsChild: boolean;
  /** Settings and sections that are left out, by their names. */
  omits: string[];
  /** Sections under `secrets` that are for others. */
  spareSecrets: string[];
  /** Which of the layouts the text has; 0 is the plain one. */
  layout: number;
  name: string;
}

export interface Child {
  name: string;
  localTs: string[] | undefined;
  remoteTs: string[] | undefined;
  esp: string[] | undefined;
  ah: string[] | undefined;
  mode: string;
  options: string[];
}

/** The text of a configuration. */
export function print(conf: Conf): string {
  const all = [...conf.before, conf, ...conf.more];
  const connections = all.map(printConnection).join('');
  const templates = all.map(printTemplate).join('');
  const secrets = (conf.omits.includes('secrets') ? [] : conf.secrets).map(({ secret, ids }, at) => {
    const owners = ids.map((id, place) => `    id-${place} = ${id}\n`).join('');
    return `  ike-${at} {\n    secret = "${secret}"\n${owners}  }\n`;
  });
  const spare = conf.spareSecrets.map((section) => `  ${section}\n`);
  const text = `${templates}connections {\n${connections}}\nsecrets {\n${secrets.join('')}${spare.join('')}}\n`;
  return conf.layout === 0 ? text : relaid(drawFrom(randomOf(conf.layout)), text);
}

/** The settings that a connection refers to, where it does. */
function printTemplate(conf: Conf): string {
  const own = conf.inherits ? `base-${conf.name} {\n${settings(conf)}}\n` : '';
  const children = conf.inheritsChild
    ? conf.children.map((child) => `base-${conf.name}-${child.name} {\n${childSettings(child)}}\n`)
    : [];
  return own + children.join('');
}

function settings(conf: Conf): string {
  const one = (name: string, value: string) => (conf.omits.includes(name) ? '' : `    ${name} = ${value}\n`);
  return `${one('version', conf.version)}${one('local_addrs', conf.local)}${one('remote_addrs', conf.remote)}${one('proposals', conf.proposals.join(','))}${conf.aggressive ? '    aggressive = yes\n' : ''}${conf.options.map((option) => `    ${option}\n`).join('')}`;
}

function printConnection(conf: Conf): string {
  const ends = (
    name: string,
    auth: string,
    id: string | undefined,
    rounds: readonly string[],
    lines: readonly string[] = [],
  ) =>
    conf.omits.includes(name)
      ? []
      : [
          `    ${name}${rounds.length > 0 ? '-1' : ''} {\n${auth === '' ? '' : `      auth = ${auth}\n`}${id === undefined ? '' : `      id = ${id}\n`}${lines.map((line) => `      ${line}\n`).join('')}    }\n`,
          ...rounds.map((round, at) => `    ${name}-${at + 2} {\n${round}    }\n`),
        ];
  const children = conf.children.map((child) =>
    conf.inheritsChild
      ? `      ${child.name} : base-${conf.name}-${child.name} {\n      }\n`
      : `      ${child.name} {\n${childSettings(child)}      }\n`,
  );
  const all = conf.omits.includes('children') ? '' : `    children {\n${children.join('')}    }\n`;
  return `  ${conf.name}${conf.inherits ? ` : base-${conf.name}` : ''} {
${conf.inherits ? '' : settings(conf)}${ends('local', conf.localAuth, conf.localId, conf.localRounds, conf.localLines).join('')}${ends('remote', conf.remoteAuth, conf.remoteId, conf.remoteRounds, conf.remoteLines).join('')}${all}  }
`;
}

function childSettings({ localTs, remoteTs, esp, ah, mode, options }: Child): string {
  const list = (name: string, values: readonly string[] | undefined) =>
    values === undefined ? '' : `        ${name} = ${values.join(',')}\n`;
  const lists = `${list('local_ts', localTs)}${list('remote_ts', remoteTs)}${list('esp_proposals', esp)}${list('ah_proposals', ah)}`;
  return `${lists}        mode = ${mode}\n${options.map((option) => `        ${option}\n`).join('')}`;
}
