import path from 'node:path';
import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../base-command.js';
import { installUnits, type Unit, unitNames, units } from '../../services/runtime/units.js';

export default class RuntimeUnit extends BaseCommand {
  static override summary = 'Print or install units for systemd that apply policies at boot and run the IKE daemon.';
  static override description =
    `ipsec-apply.service puts the policies into the kernel before the network is up, ipsec-runtime.service runs the daemon, and
ipsec-runtime.socket holds its control socket, so that commands wait for it while it starts. They read the records below --records;
IPSEC_APPLY_OPTIONS and IPSEC_RUNTIME_OPTIONS in /etc/default/ipsec are added to the command lines. After installing:
systemctl daemon-reload && systemctl enable --now ipsec-apply.service ipsec-runtime.service.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> ipsec-runtime.service',
    '<%= config.bin %> <%= command.id %> --install /etc/systemd/system --records /etc/ipsec',
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
    install: Flags.string({ helpValue: 'DIR', summary: 'Write all units to this folder instead of printing them.' }),
    force: Flags.boolean({ dependsOn: ['install'], summary: 'Replace units that say something else.' }),
  };

  async run(): Promise<{ readonly units: readonly Unit[]; readonly installed: readonly string[] }> {
    const { args, flags } = await this.parse(RuntimeUnit);
    const all = units({
      folder: path.join(this.config.root, 'systemd'),
      program: [process.execPath, process.argv[1] ?? ''],
      records: flags.records,
    });
    if (flags.install !== undefined) {
      const installed = installUnits(all, path.resolve(flags.install), flags.force);
      this.writeResult(installed.length === 0 ? 'everything is there already\n' : `${installed.join('\n')}\n`);
      this.note('systemctl daemon-reload && systemctl enable --now ipsec-apply.service ipsec-runtime.service');
      return { units: all, installed };
    }
    const shown = args.name === undefined ? all : all.filter(({ name }) => name === args.name);
    this.writeResult(
      shown.length === 1 ? shown[0]!.text : shown.map(({ name, text }) => `# --- ${name}\n${text}`).join('\n'),
    );
    return { units: shown, installed: [] };
  }
}
