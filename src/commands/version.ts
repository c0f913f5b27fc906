import { BaseCommand } from '../base-command.js';

/** What a report of a fault should name. */
export interface VersionReport {
  readonly name: string;
  readonly version: string;
  readonly platform: string;
  readonly node: string;
  readonly openssl: string;
}

export default class Version extends BaseCommand {
  static override summary = 'Show the version of the program and of what it runs on.';
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> --json'];

  async run(): Promise<VersionReport> {
    await this.parse(Version);
    const { name, version } = this.config;
    const { node, openssl } = process.versions;
    const platform = `${process.platform}-${process.arch}`;
    this.writeResult(`${name} ${version}\nplatform ${platform}\nnode ${node}\nopenssl ${openssl}\n`);
    return { name, version, platform, node, openssl: openssl ?? '' };
  }
}
