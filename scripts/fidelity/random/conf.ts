/** What random pairs are made of, and how it is written. */

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
  options: string[];
  children: Child[];
  secrets: { secret: string; ids: string[] }[];
  /** Other connections that do not matter, or do. */
  more: Conf[];
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
  const connections = [conf, ...conf.more].map(printConnection).join('');
  const secrets = conf.secrets.map(({ secret, ids }, at) => {
    const owners = ids.map((id, place) => `    id-${place} = ${id}\n`).join('');
    return `  ike-${at} {\n    secret = "${secret}"\n${owners}  }\n`;
  });
  return `connections {\n${connections}}\nsecrets {\n${secrets.join('')}}\n`;
}

function printConnection(conf: Conf): string {
  const end = (auth: string, id: string | undefined) =>
    `${auth === '' ? '' : `      auth = ${auth}\n`}${id === undefined ? '' : `      id = ${id}\n`}`;
  const list = (name: string, values: readonly string[] | undefined) =>
    values === undefined ? '' : `        ${name} = ${values.join(',')}\n`;
  const children = conf.children.map(
    ({ name, localTs, remoteTs, esp, ah, mode, options }) =>
      `      ${name} {\n${list('local_ts', localTs)}${list('remote_ts', remoteTs)}${list('esp_proposals', esp)}${list('ah_proposals', ah)}        mode = ${mode}\n${options.map((option) => `        ${option}\n`).join('')}      }\n`,
  );
  return `  ${conf.name} {
    version = ${conf.version}
    local_addrs = ${conf.local}
    remote_addrs = ${conf.remote}
    proposals = ${conf.proposals.join(',')}
${conf.aggressive ? '    aggressive = yes\n' : ''}${conf.options.map((option) => `    ${option}\n`).join('')}    local {
${end(conf.localAuth, conf.localId)}    }
    remote {
${end(conf.remoteAuth, conf.remoteId)}    }
    children {
${children.join('')}    }
  }
`;
}
