/**
 * The names of HP-UX's commands, so that old runbooks keep working: `ipsec_policy`, `ipsec_report`, `ipsec_admin` and
 * `ipsec_config` called with their own options become commands of ours (hpux-ipsec reference 9). What they cannot mean here
 * is refused with what to do instead, never ignored.
 */
import { UsageError } from '../model/tool-error.js';

export const shimNames = ['ipsec_config', 'ipsec_policy', 'ipsec_report', 'ipsec_admin'] as const;
export type ShimName = (typeof shimNames)[number];

/** Where a host keeps its records when nobody names another place; IPSEC_POLICY does. */
export const policyPlace = '/etc/ipsec';

export function isShim(name: string): name is ShimName {
  return shimNames.some((each) => each === name);
}

/** The command line that an old one means. Throws UsageError where there is none. */
export function translateShim(name: ShimName, argv: readonly string[], policy = policyPlace): string[] {
  switch (name) {
    case 'ipsec_policy':
      return ['policy', 'query', policy, ...argv];
    case 'ipsec_report':
      return report(argv);
    case 'ipsec_admin':
      return admin(argv, policy);
    case 'ipsec_config':
      return config(argv, policy);
  }
}

const everything = ['host', 'tunnel', 'ike', 'auth', 'sa', 'cache', 'bypass', 'ip'] as const;

/** Options of `ipsec_report`; `-audit FILE` has a command of its own. */
function report(argv: readonly string[]): string[] {
  const kinds = new Set<string>();
  const rest: string[] = [];
  for (let at = 0; at < argv.length; at += 1) {
    const word = argv[at]!;
    const next = argv[at + 1];
    switch (word) {
      case '-all':
        for (const kind of everything) kinds.add(kind);
        break;
      case '-sa':
      case '-sad':
        kinds.add('sa');
        if (next === 'ike' || next === 'ipsec') at += 1;
        break;
      case '-host':
        kinds.add('host');
        if (next === 'active' || next === 'configured') at += 1;
        break;
      case '-ike':
        kinds.add('ike').add('auth');
        break;
      case '-cache':
      case '-tunnel':
      case '-bypass':
      case '-ip':
        kinds.add(word.slice(1));
        break;
      case '-file':
        if (next === undefined) throw new UsageError('-file needs the name of a file');
        rest.push('-o', next);
        at += 1;
        break;
      case '-audit':
        if (argv.length > 2) throw new UsageError('-audit goes alone', { hints: ['Ask for the rest by itself.'] });
        return ['audit'];
      default:
        if (word.startsWith('--')) rest.push(word);
        else throw unknown('ipsec_report', word);
    }
  }
  return ['runtime', 'report', ...kinds, ...rest];
}

/** `-start`, `-stop`, `-status`, `-al LEVEL`, `-deletesa ADDRESS`, `-traceon`, `-traceoff`. */
function admin(argv: readonly string[], policy: string): string[] {
  const [word, value] = argv;
  switch (word) {
    case '-start':
      return ['runtime', 'start', policy, ...argv.slice(1)];
    case '-stop':
      return ['runtime', 'stop', ...argv.slice(1)];
    case '-status':
      return ['runtime', 'status', ...argv.slice(1)];
    case '-al':
    case '-auditlvl':
      return ['log', 'level', levelOf(value)];
    case '-traceon':
      return ['log', 'level', 'debug'];
    case '-traceoff':
      return ['log', 'level', 'info'];
    case '-deletesa':
      if (value === undefined) throw new UsageError('-deletesa needs the address of a peer');
      return ['sa', 'delete', '--peer', value];
    case '-newpasswd':
      throw new UsageError('there is no password: the control socket is for its owner only', {
        hints: ['Who may use it is a matter of sudo.'],
      });
    case '-au':
    case '-m':
    case '-maxsize':
      throw new UsageError(`${word} has no meaning here: events go to one log`, {
        hints: ['ipsec audit shows them; rotating the log is for logrotate or journald.'],
      });
    case undefined:
      throw new UsageError('ipsec_admin needs an option', {
        hints: ['-start, -stop, -status, -al LEVEL, -deletesa ADDRESS.'],
      });
    default:
      throw unknown('ipsec_admin', word);
  }
}

/** HP-UX's levels are ALERT, ERROR, WARNING, INFORMATIVE and DEBUG. */
function levelOf(word: string | undefined): string {
  switch (word?.toUpperCase()) {
    case 'ALERT':
    case 'ERROR':
      return 'error';
    case 'WARNING':
      return 'warning';
    case 'INFORMATIVE':
    case 'INFO':
      return 'info';
    case 'DEBUG':
      return 'debug';
    default:
      throw new UsageError(`${word ?? '-al'} is no audit level`, {
        hints: ['ALERT, ERROR, WARNING, INFORMATIVE or DEBUG.'],
      });
  }
}

/** Records are in a file, which version control can keep; `add` and `delete` change that of this host. */
function config(argv: readonly string[], policy: string): string[] {
  const [verb, ...rest] = argv;
  const file = `${policy}/ipsec_config.conf`;
  switch (verb?.toLowerCase()) {
    case 'add':
    case 'delete': {
      if (rest.includes('-profile')) {
        throw new UsageError('a profile cannot be named for one statement', {
          hints: ['Name it in ipsec.config.yaml (defaults), which counts for all records.'],
        });
      }
      const words = argv.filter((word) => word !== '-nocommit' && word !== '-nc');
      return ['policy', 'record', '--file', file, ...(words.length < argv.length ? ['--check'] : []), '--', ...words];
    }
    case 'show':
      return ['policy', 'show', ...(rest[0] === undefined || rest[0] === 'all' ? [] : rest), policy];
    case 'export':
      return ['policy', 'show', '--resolved', policy];
    case 'batch': {
      const [batch, ...more] = rest;
      if (batch === undefined) throw new UsageError('batch needs the name of a file');
      if (more.includes('-nocommit') || more.includes('-nc')) return ['policy', 'lint', batch];
      throw new UsageError('records live in files here, and a batch file is one already', {
        hints: [
          `Check it: ipsec policy lint ${batch}`,
          `Copy it into ${policy} and put it on the host: ipsec apply ${policy}`,
        ],
      });
    }
    case undefined:
      throw new UsageError('ipsec_config needs add, delete, show, export or batch');
    default:
      throw unknown('ipsec_config', verb ?? '');
  }
}

function unknown(name: ShimName, word: string): UsageError {
  return new UsageError(`${name} knows no ${word}`, {
    hints: ['ipsec --help shows the commands that took its place.'],
  });
}
