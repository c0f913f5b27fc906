import { Flags } from '@oclif/core';
import { BaseCommand } from '../../base-command.js';
import { eventOutput, standardOutput } from '../../cli/event-output.js';
import { stateDirFlag } from '../../cli/flags.js';
import { onInterrupt } from '../../cli/interrupt.js';
import { loadFlags, loadOptions, pathsArgs } from '../../cli/load-flags.js';
import { runDirFlag } from '../../cli/runtime-flags.js';
import { renderFactLine } from '../../report/fact-line.js';
import { parseDuration } from '../../services/negotiate/durations.js';
import { dataPathNames, startDaemon } from '../../services/runtime/daemon.js';
import { type FactLine, logLevels } from '../../services/runtime/fact-line.js';
import { parseMetricsPlace } from '../../services/runtime/metrics-server.js';
import { runtimePlaces } from '../../services/runtime/places.js';
import { supervisorOf } from '../../services/runtime/supervisor.js';

export default class RuntimeRun extends BaseCommand {
  static override summary = 'Run the IKE daemon in the foreground, with readable events.';
  static override description =
    `Listens on UDP 500 and 4500 of the system's addresses, answers peers, and negotiates what policies and operators ask
for. Events go to the standard output, one a line, or one JSON object a line with --json. It ends on SIGINT,
SIGTERM or by "runtime stop", and tells its peers so.

With the data path "xfrm" the kernel carries the packets: "ipsec apply" has put its policies there, the daemon gives
them their SAs, and when it ends they block what they protect. "userspace" carries them itself through a TUN device,
on hosts whose kernel has no ESP. "none" carries no packets: IKE alone, for trying peers without touching the host.

Under systemd it takes the control socket of a socket unit, and tells when it is ready, alive and about to stop; "runtime unit"
prints the units.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> server.conf --credentials /etc/ipsec/credentials',
    '<%= config.bin %> <%= command.id %> -C repository --host alpha --log-level debug',
  ];
  static override outlivesClosedPipe = true;
  static override strict = false;
  static override args = pathsArgs;
  static override flags = {
    ...loadFlags,
    'run-dir': runDirFlag,
    'state-dir': stateDirFlag,
    host: Flags.string({ helpValue: 'NAME', summary: 'The system to be, where the paths hold several.' }),
    'data-path': Flags.option({ options: dataPathNames })({
      default: 'xfrm',
      summary:
        'What carries the packets: xfrm (the kernel, after ipsec apply), userspace (our own ESP), none (IKE alone).',
    }),
    credentials: Flags.string({
      helpValue: 'DIR',
      summary: 'Folder with certificates, private keys (0600) and revocation lists.',
    }),
    'peer-profile': Flags.string({ helpValue: 'NAME', summary: 'Behave as this product does.' }),
    'peer-timeout': Flags.string({
      helpValue: 'DURATION',
      summary: 'Believe that a peer is gone when it leaves a request unanswered for so long (default: 127s).',
    }),
    'log-level': Flags.option({ options: logLevels })({ default: 'info', summary: 'How much is told.' }),
    'keep-blocked': Flags.boolean({
      summary:
        'With the data path userspace: leave what is protected blocked when it ends, until "runtime cleanup" or the next start.',
    }),
    metrics: Flags.string({
      helpValue: 'PLACE',
      summary: 'Serve metrics for Prometheus at /metrics of 127.0.0.1:PORT, [::1]:PORT or unix:FILE.',
    }),
    keys: Flags.string({
      helpValue: 'DIR',
      summary:
        'Write the keys of all SAs to DIR (0700), as tables that Wireshark reads; who has them reads the traffic.',
    }),
    port: Flags.integer({ min: 1, max: 65535, helpValue: 'N', summary: 'UDP port of IKE instead of 500.' }),
    'nat-port': Flags.integer({
      min: 1,
      max: 65535,
      helpValue: 'N',
      summary: 'UDP port of NAT traversal instead of 4500.',
    }),
  };

  async run(): Promise<{ readonly system: string }> {
    const { argv, flags } = await this.parse(RuntimeRun);
    const style = await this.style();
    const supervisor = supervisorOf(process.env, process.pid);
    const shown = (line: FactLine, at: Date): string =>
      this.json ? JSON.stringify({ at: at.toISOString(), ...line }) : renderFactLine(line, at, style);
    const output = eventOutput(standardOutput(), (count, why) =>
      shown({ level: 'error', kind: 'output', text: `${count} lines could not be written (${why})` }, new Date()),
    );
    const daemon = await startDaemon({
      ...loadOptions(flags, argv as string[]),
      places: runtimePlaces(flags['run-dir']),
      dataPath: flags['data-path'],
      level: flags['log-level'],
      ...(flags.host === undefined ? {} : { host: flags.host }),
      ...(flags['state-dir'] === undefined ? {} : { stateDir: flags['state-dir'] }),
      ...(flags.credentials === undefined ? {} : { credentialFolder: flags.credentials }),
      version: this.config.version,
      ...(flags['keep-blocked'] ? { keepBlocked: true } : {}),
      ...(flags.keys === undefined ? {} : { keysFolder: flags.keys }),
      ...(flags.metrics === undefined ? {} : { metrics: parseMetricsPlace(flags.metrics) }),
      ...(flags['peer-timeout'] === undefined
        ? {}
        : { peerTimeoutMillis: parseDuration(flags['peer-timeout'], '--peer-timeout') }),
      ...(flags['peer-profile'] === undefined ? {} : { peerProfile: flags['peer-profile'] }),
      ...(flags.port || flags['nat-port']
        ? { ports: { ike: flags.port ?? 500, natTraversal: flags['nat-port'] ?? 4500 } }
        : {}),
      ...(supervisor.controlSocket === undefined ? {} : { controlSocket: supervisor.controlSocket }),
      onStopping: () => void supervisor.notify('STOPPING=1'),
      onLine: (line, at) => output.line(shown(line, at)),
    });
    if (flags.keys !== undefined) this.note(`keys are written to ${flags.keys}: who reads them reads the traffic`);
    this.note(`${daemon.system} speaks IKE; stop it with SIGINT or: ipsec runtime stop`);
    const done = onInterrupt(() => daemon.stop());
    await supervisor.notify(`READY=1\nSTATUS=${daemon.system} speaks IKE\n`);
    const watchdog = supervisor.watchdogMillis
      ? setInterval(() => void supervisor.notify('WATCHDOG=1'), supervisor.watchdogMillis / 2)
      : undefined;
    await daemon.stopped;
    clearInterval(watchdog);
    done();
    return { system: daemon.system };
  }
}
