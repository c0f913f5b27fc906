import { describe, expect, it } from 'vitest';
import { parseMoment } from '../../src/cli/flags.js';
import { runCli } from '../support/cli.js';

describe('parseMoment', () => {
  it.each([
    ['2027-01-31', '2027-01-31T00:00:00.000Z'],
    ['2028-02-29', '2028-02-29T00:00:00.000Z'],
    ['2027-01-31T12:30', '2027-01-31T12:30:00.000Z'],
    ['2027-01-31T12:30:15.5Z', '2027-01-31T12:30:15.500Z'],
    ['2027-01-31T00:30+02:00', '2027-01-30T22:30:00.000Z'],
  ])('%s', (input, iso) => {
    expect(parseMoment(input).toISOString()).toBe(iso);
  });

  it.each([
    '',
    'tomorrow',
    '2027',
    '2027-1-1',
    '2027-02-29',
    '2027-13-01',
    '2027-01-01T25:00',
    '31.01.2027',
    '2027-01-01 x',
  ])('refuses %j', (input) => {
    expect(() => parseMoment(input)).toThrow(/is not a date/);
  });
});

describe('the flags that many commands share', () => {
  const values = async (...args: string[]) => {
    const { stdout, code } = await runCli(['fixture', 'values', 'word', '--json', ...args], { fixtures: true });
    expect(code).toBe(0);
    return JSON.parse(stdout);
  };

  it('are read', async () => {
    const { flags } = await values(
      '--as-of',
      '2027-01-31',
      '--profile',
      'a,b',
      '--profile',
      'c',
      '--jobs',
      '3',
      '--seed',
      '0',
    );
    expect(flags).toMatchObject({ 'as-of': '2027-01-31T00:00:00.000Z', profile: ['a', 'b', 'c'], jobs: 3, seed: 0 });
  });

  it('have no value where none was given, but the format', async () => {
    const { flags } = await values();
    expect(flags).toEqual({ color: 'auto', format: 'text', json: true });
  });

  it('take the state directory from the environment too', async () => {
    const args = ['fixture', 'values', 'word', '--json'];
    const { stdout } = await runCli(args, { fixtures: true, env: { IPSEC_STATE_DIR: '/var/x' } });
    expect(JSON.parse(stdout).flags['state-dir']).toBe('/var/x');
  });

  it.each([
    ['--jobs=0', /--jobs: .*greater than or equal to 1/],
    ['--jobs=257', /less than or equal to 256/],
    ['--seed=-1', /greater than or equal to 0/],
    ['--seed=x', /integer/],
    ['--as-of=2027-02-30', /^ipsec: --as-of: "2027-02-30" is not a date$/m],
    ['--color=sometimes', /always/],
    ['--format=jsno', /Did you mean json\?/],
  ])('%s is refused', async (flag, message) => {
    const { stderr, stdout, code } = await runCli(['fixture', 'values', 'word', flag], { fixtures: true });
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^ {2}See: ipsec fixture values --help, ipsec explain [A-Z_]+$/m);
    expect(stderr).not.toMatch(/See more help/);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });
});
