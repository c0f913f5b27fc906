import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Args } from '@oclif/core';
import { BaseCommand } from '../base-command.js';
import { UsageError } from '../model/tool-error.js';

const own = ['config', 'inventory', 'scenario'] as const;

export default class Schema extends BaseCommand {
  static override summary = 'Print the JSON Schema of a file that the tool reads or of an output that it writes.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> config > ipsec.config.schema.json',
  ];
  static override args = { name: Args.string({ description: 'Name of the schema; without it the names are listed.' }) };

  async run(): Promise<object> {
    const { args } = await this.parse(Schema);
    const folder = path.join(this.config.root, 'schemas');
    const outputs = readdirSync(folder).flatMap((file) => /^(.+)\.schema\.json$/.exec(file)?.[1] ?? []);
    const names = [...own, ...outputs].sort();
    const { name } = args;
    if (name === undefined) {
      this.writeResult(`${names.join('\n')}\n`);
      return { schemas: names };
    }
    if (!names.includes(name))
      throw new UsageError(`no schema is called '${name}'`, {
        code: 'UNKNOWN_NAME',
        hints: [`Schemas: ${names.join(', ')}.`],
      });
    let schema: object;
    if (name === 'config' || name === 'inventory') {
      const { jsonSchemaOf } = await import('../services/repository/schema.js');
      schema = jsonSchemaOf(name);
    } else if (name === 'scenario') {
      const { scenarioJsonSchema } = await import('../services/negotiate/scenario-schema.js');
      schema = scenarioJsonSchema();
    } else schema = JSON.parse(readFileSync(path.join(folder, `${name}.schema.json`), 'utf8')) as object;
    this.writeResult(`${JSON.stringify(schema, null, 2)}\n`);
    return schema;
  }
}
