import path from 'node:path';
import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../base-command.js';
import {
  installUnits,
  type Unit,
  type UnitDataPath,
  unitDataPaths,
  unitNames,
  units,
} from '../../services/runtime/units.js';

/** Units that there are for one data path alone: who names one means that. */
const onlyWith: Readonly<Record<string, UnitDataPath>> = {
  'ipsec-apply.service': 'xfrm',
  'ipsec-guard.service': 'userspace',
};

export default class RuntimeUnit extends BaseCommand {
  static override summary = 'Print or install units for systemd that apply policies at boot and run the IKE daemon.';
  static override description =
    `ipsec-apply.service puts the policies into the kernel before the network is up, ipsec-runtime.service runs the daemon, and
ipsec-runtime.socket holds its control socket, so that commands wait for it while it starts. They read the records below --records;
IPSEC_APPLY_OPTIONS and IPSEC_RUNTIME_OPTIONS in /etc/default/ipsec are added to the command lines. After installing:
systemctl daemon-reload && systemctl enable --now ipsec-apply.service ipsec-runtime.service.
Records that cannot be applied at boot leave the policies that were applied last, and the unit fails.

With --data-path userspace, for hosts whose kernel has no ESP, ipsec-guard.service takes the place of ipsec-apply.service: it holds back
what is protected from before the network is up, with records that have errors what was protected last. While the daemon is down that stays so, until "ipsec runtime cleanup".`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> ipsec-runtime.service',
    '<%= config.bin %> <%= command.id %> --install /etc/systemd/system --records /etc/ipsec',
    '<%= config.bin %> <%= command.id %> --install /etc/systemd/system --data-path userspace',
  ];
  static override args = {
    name: Args.option({ options: unitNames })({ description: 'The unit to print; all of them unless told.' }),
  };
  static override flags = {
    records: Flags.string({
      default: '/etc/ipsec',
      helpValue: 'DIR',
      summary: 'Where the records of this host are; an absolute path.',
    }),
    'data-path': Flags.option({ options: unitDataPaths })({
      default: 'xfrm',
      summary: 'What carries the packets: xfrm (the kernel, after ipsec apply) or userspace (our own ESP).',
    }),
    install: Flags.string({ helpValue: 'DIR', summary: 'Write all units to this folder instead of printing them.' }),
    force: Flags.boolean({ dependsOn: ['install'], summary: 'Replace units that say something else.' }),
  };

  async run(): Promise<{ readonly units: readonly Unit[]; readonly installed: readonly string[] }> {
    const { args, flags } = await this.parse(RuntimeUnit);
    const all = units({
      folder: path.join(this.config.root, 'systemd'),
      program: [process.execPath, process.argv[1] ?? ''],
      records: flags.records,
      dataPath: onlyWith[args.name ?? ''] ?? flags['data-path'],
    });
    if (flags.install !== undefined) {
      const installed = installUnits(all, path.resolve(flags.install), flags.force);
      this.writeResult(installed.length === 0 ? 'everything is there already\n' : `${installed.join('\n')}\n`);
      this.note(`systemctl daemon-reload && systemctl enable --now ${all[0]?.name} ipsec-runtime.service`);
      return { units: all, installed };
    }
    const shown = args.name === undefined ? all : all.filter(({ name }) => name === args.name);
    this.writeResult(
      shown.length === 1 ? shown[0]!.text : shown.map(({ name, text }) => `# --- ${name}\n${text}`).join('\n'),
    );
    return { units: shown, installed: [] };
  }
}
