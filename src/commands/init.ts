import { randomBytes } from 'node:crypto';
import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../base-command.js';
import { exitCode } from '../exit-code.js';
import { type Address, parseAddress } from '../model/address.js';
import { serviceRows } from '../model/language/values.js';
import { UsageError } from '../model/tool-error.js';
import { renderFindings } from '../report/findings/render.js';
import { terminalWidth } from '../report/terminal.js';
import { printFormatted } from '../services/format.js';
import { type InitAnswers, type InitEnd, type InitTraffic, init, planInit } from '../services/init.js';

const dialects = ['extended', 'A.03.02'] as const;
const modes = ['transport', 'tunnel'] as const;
const methods = ['PSK', 'RSASIG'] as const;

export interface InitReport {
  readonly folder: string;
  readonly files: readonly string[];
  readonly failed: boolean;
  readonly findings: number;
}

export default class Init extends BaseCommand {
  static override summary =
    'Start a repository for two hosts: records of both sides, inventory, configuration and a test.';
  static override description =
    `Asks for the two ends and what to protect, or takes it from flags; without a terminal everything has to come from
flags. Writes the records of both sides with strong algorithms and a fresh random key, and lints them. With the
extended dialect the key is in a file of its own under secrets/, which version control leaves out.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> net',
    '<%= config.bin %> <%= command.id %> net --here alpha=10.1.1.1 --there beta=10.2.2.2',
    '<%= config.bin %> <%= command.id %> net --here web=10.1.1.1 --there db=10.7.7.7 --protect tcp/5432@db --mode tunnel',
  ];
  static override args = { folder: Args.string({ default: '.', description: 'Where the repository shall be.' }) };
  static override flags = {
    here: Flags.string({ helpValue: 'NAME=ADDRESS', summary: 'One end.' }),
    there: Flags.string({ helpValue: 'NAME=ADDRESS', summary: 'The other end.' }),
    protect: Flags.string({
      helpValue: 'WHAT',
      summary: 'all, tcp/PORT@NAME, udp/PORT@NAME, or a service as telnet@NAME (default: all).',
    }),
    mode: Flags.option({ options: modes })({
      summary: 'Transport mode, or an end-to-end tunnel (default: transport).',
    }),
    auth: Flags.option({ options: methods })({ summary: 'Preshared key, or RSA signatures (default: PSK).' }),
    dialect: Flags.option({ options: dialects })({
      summary: 'Dialect of the records: extended for Linux, A.03.02 for HP-UX (default: extended).',
    }),
    force: Flags.boolean({ summary: 'Replace files that exist.' }),
  };

  async run(): Promise<InitReport> {
    const { args, flags } = await this.parse(Init);
    const answers = await this.#answers(flags);
    const files = printFormatted(planInit(answers, randomBytes(32).toString('hex')), answers.dialect);
    const { report } = await init(args.folder, files, flags.force);
    for (const file of files) this.note(`wrote ${args.folder}/${file.path}`);
    const full = { tool: { name: 'ipsec', version: this.config.version }, ...report };
    for (const chunk of renderFindings(full, 'text', {
      style: await this.style(),
      width: terminalWidth(),
      wrap: this.wrapWidth !== undefined,
    }))
      this.writeResult(chunk);
    this.note(`next: ipsec policy lint ${args.folder}; ipsec policy test ${args.folder}`);
    if (report.failed) process.exitCode = exitCode.bad;
    return {
      folder: args.folder,
      files: files.map((file) => file.path),
      failed: report.failed,
      findings: report.findings.length,
    };
  }

  async #answers(flags: InitFlags): Promise<InitAnswers> {
    const missing = (['here', 'there'] as const).filter((name) => flags[name] === undefined);
    const complete = missing.length === 0 ? flags : await ask(flags, missing);
    const here = endOf('here', complete.here);
    const there = endOf('there', complete.there);
    if (here.address.family !== there.address.family)
      throw new UsageError('the two ends have addresses of different families');
    if (here.name === there.name || here.address.value === there.address.value)
      throw new UsageError('the two ends are the same');
    return {
      here,
      there,
      traffic: trafficOf(complete.protect ?? 'all', here, there),
      mode: complete.mode ?? 'transport',
      authentication: complete.auth ?? 'PSK',
      dialect: complete.dialect ?? 'extended',
    };
  }
}

interface InitFlags {
  here?: string | undefined;
  there?: string | undefined;
  protect?: string | undefined;
  mode?: (typeof modes)[number] | undefined;
  auth?: (typeof methods)[number] | undefined;
  dialect?: (typeof dialects)[number] | undefined;
}

function endOf(flag: string, text = ''): InitEnd {
  const [name = '', written = ''] = text.split('=');
  const address = parseAddress(written);
  if (!/^[A-Za-z0-9_-]{1,50}$/.test(name) || !address) {
    throw new UsageError(`--${flag} '${text}': write NAME=ADDRESS`, {
      hints: ['A name has letters, digits, hyphens and underscores.'],
    });
  }
  return { name, address };
}

function trafficOf(text: string, here: InitEnd, there: InitEnd): InitTraffic {
  if (text.toLowerCase() === 'all') return { kind: 'all' };
  const match = /^(?:(tcp|udp)\/(\d{1,5})|([A-Za-z-]+))@(.+)$/i.exec(text);
  const service = match?.[3] ? serviceRows.find((row) => row.word === match[3]?.toUpperCase()) : undefined;
  const port = service?.port ?? Number(match?.[2]);
  const server = match?.[4] === here.name ? 'here' : match?.[4] === there.name ? 'there' : undefined;
  if (!match || !(port >= 1 && port <= 65535) || !server) {
    throw new UsageError(`--protect '${text}': write all, tcp/PORT@NAME, udp/PORT@NAME or SERVICE@NAME`, {
      hints: [`NAME is the end that offers the service: ${here.name} or ${there.name}.`],
    });
  }
  const protocol = service ? (service.protocol === 6 ? 'tcp' : 'udp') : (match[1]?.toLowerCase() as 'tcp' | 'udp');
  return { kind: 'port', protocol, port, server };
}

/** Asks for what the flags leave open; only on a terminal. */
async function ask(flags: InitFlags, missing: readonly string[]): Promise<InitFlags> {
  if (!process.stdin.isTTY) {
    throw new UsageError(`--${missing.join(' and --')} must be given, because there is no terminal to ask on`, {
      code: 'NO_TERMINAL',
      hints: ['For instance: ipsec init net --here alpha=10.1.1.1 --there beta=10.2.2.2'],
    });
  }
  const { default: inquirer } = await import('inquirer');
  const name = (text: string) => /^[A-Za-z0-9_-]{1,50}$/.test(text) || 'Letters, digits, hyphens and underscores';
  const address = (text: string) => parseAddress(text) !== undefined || 'Not an IP address';
  const askEnd = async (what: string, family?: Address['family']): Promise<string> => {
    const sameFamily = (text: string) =>
      family && parseAddress(text)?.family !== family ? `An IPv${family} address, as the other end` : address(text);
    const answer = await inquirer.prompt([
      { type: 'input', name: 'name', message: `Name of ${what}:`, validate: name },
      { type: 'input', name: 'address', message: `Address of ${what}:`, validate: sameFamily },
    ]);
    return `${answer.name}=${answer.address}`;
  };
  const here = flags.here ?? (await askEnd('this host'));
  const there = flags.there ?? (await askEnd('the other host', endOf('here', here).address.family));
  const rest = await inquirer.prompt([
    {
      type: 'input',
      name: 'protect',
      message: `What to protect (all, tcp/PORT@NAME, telnet@${here.split('=')[0]}):`,
      default: 'all',
      when: flags.protect === undefined,
      validate: (text: string) =>
        isTraffic(text, here, there) || 'Write all, tcp/PORT@NAME, udp/PORT@NAME or SERVICE@NAME',
    },
    { type: 'select', name: 'mode', message: 'Mode:', choices: [...modes], when: flags.mode === undefined },
    { type: 'select', name: 'auth', message: 'Authentication:', choices: [...methods], when: flags.auth === undefined },
    {
      type: 'select',
      name: 'dialect',
      message: 'Where do the policies run?',
      choices: [
        { name: 'Linux (extended dialect)', value: 'extended' },
        { name: 'HP-UX (A.03.02)', value: 'A.03.02' },
      ],
      when: flags.dialect === undefined,
    },
  ]);
  return { ...flags, ...rest, here, there };
}

function isTraffic(text: string, here: string, there: string): boolean {
  try {
    trafficOf(text, endOf('here', here), endOf('there', there));
    return true;
  } catch {
    return false;
  }
}
