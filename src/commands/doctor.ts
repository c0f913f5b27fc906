import { BaseCommand } from '../base-command.js';
import { hostFlags, sessionOptions, systemFlag } from '../cli/host-flags.js';
import { loadFlags, loadOptions, pathsArgs } from '../cli/load-flags.js';
import { exitCode } from '../exit-code.js';
import { type DoctorDocument, renderDoctor } from '../report/doctor.js';
import { examine } from '../services/doctor.js';
import { chooseSystem } from '../services/query.js';
import { loadRepository } from '../services/repository/load-repository.js';

export default class Doctor extends BaseCommand {
  static override summary = 'Say whether this host can do what is asked, and what stands in the way.';
  static override description =
    `Looks at privileges, the kernel, its algorithms (tried in a network namespace of their own), settings that make policies void,
ports, other IKE daemons and what was applied before. With records it says which of them this kernel cannot do. What
could not be found out is said. Exit code 1 when something is in the way.`;
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> server.conf'];
  static override strict = false;
  static override args = {
    paths: { ...pathsArgs.paths, description: 'Record files or folders that are to be applied here.' },
  };
  static override flags = { ...loadFlags, ...hostFlags, host: systemFlag };

  async run(): Promise<DoctorDocument> {
    const { argv, flags } = await this.parse(Doctor);
    const paths = argv as string[];
    const config =
      paths.length === 0 ? undefined : chooseSystem(await loadRepository(loadOptions(flags, paths)), flags.host).config;
    const document = await examine({ ...sessionOptions(flags), ...(config ? { config } : {}) });
    this.writeLines(renderDoctor(document, { style: await this.style(), ...this.wrapOption }));
    if (document.checks.some(({ status }) => status === 'fail')) process.exitCode = exitCode.bad;
    return document;
  }
}
