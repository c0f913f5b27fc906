/**
 * Every code that an error of the program can carry, with what it means and what to do: `ipsec explain`, ipsec-errors(7) and
 * the type of codes are made from this table. A code is an interface: none is ever given a second meaning.
 */

interface ErrorEntry {
  /** The exit code of a command that ends with it; 2 and 4 are those of UsageError and EnvironmentError. */
  readonly exit: 1 | 2 | 3 | 4;
  /** What has happened: one sentence. */
  readonly meaning: string;
  /** What to do about it. */
  readonly remedy: string;
}

const usage = (meaning: string, remedy: string) => ({ exit: 2, meaning, remedy }) as const;
const host = (meaning: string, remedy: string) => ({ exit: 4, meaning, remedy }) as const;

export const errorCatalogue = {
  // The command line.
  USAGE: usage(
    'The command line asks for something that does not go together, or cannot be understood.',
    'The message names the words. --help of the command shows its flags and examples.',
  ),
  UNKNOWN_COMMAND: usage('There is no command of this name.', '`ipsec --help` lists the commands.'),
  UNKNOWN_FLAG: usage('The command has no flag of this name.', '--help of the command lists its flags.'),
  NO_COMMAND: usage('The command line names no command.', '`ipsec --help` lists the commands.'),
  MISSING_ARGUMENT: usage(
    'An argument that the command needs is missing.',
    '--help of the command names its arguments.',
  ),
  UNEXPECTED_ARGUMENT: usage(
    'There are more arguments than the command takes.',
    'Words with blanks need quotes; what begins with a hyphen and is no flag follows after --.',
  ),
  UNKNOWN_NAME: usage(
    'No rule, format, profile, schema, report or error code has this name.',
    'The message lists the names, or says which command does.',
  ),
  PACKET: usage(
    'A packet cannot be understood, or is one that the question is not about.',
    'Write it as "tcp 10.1.1.1:40000 > 10.2.2.2:443"; addresses are numbers, never names.',
  ),
  NO_TERMINAL: usage(
    'The command would have to ask, and its input is no terminal.',
    'Say what it would ask for by flags, as --auto-approve.',
  ),
  // Files and repositories.
  NO_SUCH_FILE: usage(
    'A file, folder or revision that is named is not there, or is no such thing.',
    'Check the path; -C changes the folder that paths are relative to.',
  ),
  NO_RECORDS: usage(
    'There are no files of policy where they were looked for, so that the answer would be about nothing.',
    'Name a file or folder, or say with `files` of ipsec.config.yaml which files hold policy.',
  ),
  TOO_MANY_FILES: usage(
    'A folder holds more files of policy than are read.',
    'Name a smaller folder, or exclude files by `exclude` of ipsec.config.yaml.',
  ),
  UNREADABLE: usage(
    'A file cannot be read: permissions, size, or octets that are not what the command takes.',
    'The message says which file and why. Files of policy that cannot be read are findings instead (rule SYN024).',
  ),
  CONFIG: usage(
    'ipsec.config, the inventory, a profile of defaults or a scenario is wrong. Nothing was done, because answers would rest on it.',
    'The message says where. `ipsec schema config|inventory|scenario` prints what is allowed.',
  ),
  NO_SUCH_SYSTEM: usage(
    'No system has this name, or the command is about one system and several are here.',
    'Name one with --host, or as the arguments; the message lists those that are here.',
  ),
  NO_SUCH_RECORD: usage(
    'No record has this name, or none protects what was asked about.',
    '`ipsec policy show` lists the records, `ipsec policy query` what becomes of a packet.',
  ),
  RECORDS_FAULTY: usage(
    'The records have errors, so that what they mean is not certain enough to act upon.',
    '`ipsec policy lint` shows each with its place and remedy.',
  ),
  BASELINE: usage(
    'The baseline is missing or cannot be read.',
    '`ipsec policy baseline create` makes one; --baseline names another.',
  ),
  EXISTS: usage('What would be written is there already.', 'Name another place, or say --force.'),
  CANNOT_WRITE: usage('A file that a flag names cannot be written there.', 'Name a file in a folder that exists.'),
  NOTHING_TO_DO: usage(
    'What was asked about protects nothing, so that there is nothing to negotiate or test.',
    '`ipsec policy show` shows what the records protect.',
  ),
  // This host.
  ENVIRONMENT: host(
    'The host, its kernel or a program on it refused or lacks something.',
    'The message says what; `ipsec doctor` examines the host.',
  ),
  PRIVILEGE: host('A privilege is missing.', 'Run the command as root, or with the capability that the message names.'),
  PLATFORM: host(
    'This operating system or processor has not what the command needs.',
    'Check and simulate policies here, and apply them on a Linux host.',
  ),
  NO_XFRM: host(
    'This kernel has no XFRM, the IPsec stack of Linux.',
    'Use a kernel with CONFIG_XFRM_USER, or the data path in userspace (`ipsec runtime run --data-path userspace`).',
  ),
  NETLINK: host(
    'The kernel and the program do not understand each other over netlink.',
    'Try --means ip, and report it with the output of `ipsec version`.',
  ),
  NO_KOFFI: host(
    'System calls cannot be made from this Node.js, since koffi has no binary for it.',
    'Use --means ip, which needs iproute2 only.',
  ),
  KOFFI: host(
    'koffi, by which system calls are made, cannot be loaded.',
    'Install the package with its optional dependencies.',
  ),
  IPROUTE: host(
    'ip(8) refused or failed.',
    'The message has its words. Privileges, modules and namespaces are the usual reasons.',
  ),
  NFT: host(
    'nft(8) refused the guard that keeps packets in the clear out.',
    'The kernel needs nf_tables, the program CAP_NET_ADMIN.',
  ),
  TOOL_MISSING: host('A program that is needed is not installed.', 'Install it; the message names it.'),
  TOOL_FAILED: host('A program that was called did not end as it should.', 'Run it by hand to see what it says.'),
  GIT: host(
    'git is needed for revisions, and is missing or failed.',
    'Install git, or name folders instead of revisions.',
  ),
  NOT_BUILT: host(
    'A part of the program itself is missing.',
    'Install the package again; in a checkout run `npm run build`.',
  ),
  NAMESPACE: host(
    'The state directory is about another network namespace.',
    'Name one for each namespace with --state-dir.',
  ),
  OTHER_NAMESPACE: host(
    'A runtime that is gone has left routes in another network namespace.',
    'Run `ipsec runtime cleanup` there.',
  ),
  // Plans and changes of the host.
  INEXPRESSIBLE: host(
    'The kernel cannot do what records ask for, whatever its version.',
    'The message names each record and another way to say it.',
  ),
  UNSUPPORTED: host(
    'This kernel lacks an algorithm or a feature that records ask for.',
    'Load the module, or name other transforms; `ipsec doctor` lists what is there (rule OPS004 tells it before).',
  ),
  FOREIGN: host(
    'A policy or SA that somebody else has made is in the way. What others made is never changed.',
    'Remove it, or take it over with `ipsec state adopt`.',
  ),
  LOCKOUT: host(
    'The change would cut off the session it is made from, or those who administer the host by the inventory.',
    'Let their packets pass by a record before the others (rule ACT009), or say --allow-lockout.',
  ),
  PLAN_STALE: host(
    'A saved plan does not hold any more: records or the host have changed since.',
    'Make a new one with `ipsec plan`.',
  ),
  OVERTAKEN: host(
    'Somebody else changed policies between the look at the host and the first step that would have replaced them; nothing was touched.',
    'Plan again: `ipsec plan` shows what is there now.',
  ),
  LOCKED: host('Another ipsec is changing this host.', 'Wait for it; --lock-timeout says how long.'),
  UNFINISHED: host(
    'A change was cut off in the middle, and nothing else may be begun before it is brought to an end.',
    '`ipsec apply --resume` finishes it, `ipsec rollback` takes it back.',
  ),
  PENDING: host(
    'The last change waits for being confirmed.',
    '`ipsec confirm` keeps it, `ipsec rollback` takes it back.',
  ),
  NO_GUARDIAN: host(
    'The process that would go back when nobody confirms a change could not be started, so nothing was changed.',
    'See to what the host says about it, or leave --confirm-timeout out.',
  ),
  NOTHING_TO_CONFIRM: host(
    'No change waits for being confirmed: it was confirmed or taken back already.',
    '`ipsec state list` shows which state holds.',
  ),
  NOTHING_TO_RESUME: host('No change was cut off.', 'There is nothing to do.'),
  NO_HISTORY: host('There is no state so many steps before this one.', '`ipsec state list` shows which there are.'),
  STATE_DAMAGED: host(
    'A file of the state directory is not what the program wrote.',
    'Restore it from a backup; `ipsec state forget --all` begins anew and makes foreign what is installed.',
  ),
  NOT_OURS: host('Nothing of this record is recorded as ours.', '`ipsec state show` lists what is.'),
  // The daemon.
  RUNNING: host(
    'A daemon runs or is starting already.',
    '`ipsec runtime status` shows it, `ipsec runtime stop` ends it.',
  ),
  NOT_RUNNING: host('No daemon runs here.', '`ipsec runtime start` starts it; --run-dir names another folder.'),
  NOT_STARTED: host('The daemon ended before it was ready.', 'The message has the end of its log.'),
  NO_ANSWER: host(
    'The daemon is there and does not answer.',
    'Its log tells what it does; `ipsec runtime stop` ends it.',
  ),
  INTERRUPTED: host(
    'The data path of the daemon has failed and is started again.',
    '`ipsec runtime status` shows why it failed and how the starts go; it goes on by itself as soon as one succeeds.',
  ),
  CLOSED: host('The daemon closed the connection before it answered.', 'Its log tells why.'),
  DAEMON_FAULT: host(
    'The daemon came upon a fault of its own while it did what it was asked.',
    'Report it with the output of `ipsec version` and, free of secrets, the end of its log.',
  ),
  NO_SUCH_SA: usage('There is no SA of this name.', '`ipsec sa list` shows them.'),
  PARAMETERS: usage('A request to the daemon has a value that it does not take.', 'The message says which.'),
  SYNTAX: host('What came over the control socket is no request.', 'Requests are one JSON object on a line.'),
  REQUEST: host(
    'A request to the daemon lacks something.',
    'Command and daemon may be of different versions: see `ipsec version`.',
  ),
  TOO_LONG: host('A request to the daemon is longer than is taken.', 'Ask for less at once.'),
  UNKNOWN_METHOD: host(
    'The daemon does not know what it is asked for.',
    'Command and daemon are of different versions: restart the daemon.',
  ),
  PORT_IN_USE: host(
    'The UDP ports of IKE are in use.',
    'One IKE daemon at a time can have them: `ipsec doctor` names who has.',
  ),
  ADDRESS: host(
    'An address that the records call their own is none of this host.',
    'Check the inventory, and -tsource and -source of the records.',
  ),
  UNREACHABLE: host('Nothing can be sent to the peer.', 'See to the route and the address of the peer.'),
  UNSAFE_FOLDER: host(
    'A folder for keys or for the control socket can be entered by others.',
    'Make it private: chmod 700.',
  ),
  UNSAFE_KEY: host('A file with a private key can be read by others.', 'Make it private: chmod 600.'),
  UNSAFE_SOCKET: host('The control socket can be used by others.', 'Write SocketMode=0600 in its socket unit.'),
  SOCKETS: host(
    'The service manager hands over something else than one socket for control.',
    'Leave one ListenStream= in the socket unit.',
  ),
  NOT_APPLIED: host(
    'The kernel lacks policies of the records, so that packets would not be protected.',
    'Put them there first: `ipsec apply`.',
  ),
  TAKEN: host(
    'A device, route or table that the runtime would use is somebody else’s.',
    'Choose others for the runtime, or remove it.',
  ),
  JOURNAL: host(
    'The journal of what the runtime has set on the host cannot be read or written.',
    'See to space and rights in the state directory; the message says what is left over.',
  ),
  GUARD_TOO_LARGE: host(
    'The policy has too many selectors for the guard that keeps packets in the clear out.',
    'Merge entries that treat packets alike.',
  ),
  RP_FILTER: host(
    'Strict reverse path filtering would drop the packets of protected peers.',
    'Make it loose by the commands of the message.',
  ),
  NO_FORWARDING: host(
    'This host is to be a gateway, and does not forward packets.',
    'Turn forwarding on by the commands of the message.',
  ),
  // Answers that are no rule's.
  TST001: {
    exit: 1,
    meaning: 'An assertion does not hold, or cannot be read, or speaks of no system that is here.',
    remedy: 'The message names packets and the policy that takes them, or the place in the assertion file.',
  },
  // Ourselves.
  INTERNAL: {
    exit: 3,
    meaning: 'A fault of the program itself, whatever the input was.',
    remedy:
      'Report it with the output of `ipsec version`, the command line and, free of secrets, the input. DEBUG=1 shows where it happened.',
  },
} as const satisfies Readonly<Record<string, ErrorEntry>>;

export type ErrorCode = keyof typeof errorCatalogue;

/** The codes of one exit code, so that no error carries one whose documentation names another. */
export type CodesOf<Exit extends ErrorEntry['exit']> = {
  [Code in ErrorCode]: (typeof errorCatalogue)[Code]['exit'] extends Exit ? Code : never;
}[ErrorCode];

/** What stands for all names of errno (`EACCES`), which an error may carry as they are. */
export const errnoEntry: ErrorEntry = host(
  'The operating system refused, and this is its own name for why: EACCES and EPERM are rights, ENOENT is something missing, ENOSPC a full disk.',
  'The message says what was tried. errno(3) lists the names.',
);

/** Is this one of our codes? */
export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorCatalogue, code);
}
