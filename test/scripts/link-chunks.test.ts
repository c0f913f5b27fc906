import { transform } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { linkChunks, mayChange } from '../../scripts/link-chunks.mjs';

/** Runs chunks as bin/start.js does: each when it is first asked for. */
async function run(chunks: Readonly<Record<string, string>>, first: string): Promise<Record<string, unknown>> {
  const codes = new Map<string, string>();
  for (const [name, text] of linkChunks(new Map(Object.entries(chunks))))
    codes.set(`./${name}`, (await transform(text, { format: 'cjs', platform: 'node', minifyWhitespace: true })).code);
  const loaded = new Map<string, { exports: Record<string, unknown> }>();
  const need = (name: string): Record<string, unknown> => {
    const known = loaded.get(name);
    if (known) return known.exports;
    const made: { exports: Record<string, unknown> } = { exports: {} };
    loaded.set(name, made);
    if (name.startsWith('node:')) made.exports = { sep: '/' };
    else new Function('exports', 'require', 'module', codes.get(name)!)(made.exports, need, made);
    return made.exports;
  };
  return need(`./${first}`);
}

describe('linkChunks', () => {
  it('binds names under what each side calls them, in the order of the imports', async () => {
    const log = 'globalThis.order=[...(globalThis.order??[]),"b"];';
    const { said, default: other } = await run(
      {
        'a.cjs':
          'import{twice as double,seven}from"./b.cjs";import"./c.cjs";import{sep}from"node:path";var said=double(seven)+sep;function other(){}export{other as default,said};',
        'b.cjs': `${log}var seven=7;function twice(n){return 2*n}export{seven,twice};`,
        'c.cjs': 'globalThis.order=[...globalThis.order,"c"];',
      },
      'a.cjs',
    );
    expect([said, typeof other]).toEqual(['14/', 'function']);
    expect((globalThis as { order?: unknown }).order).toEqual(['b', 'c']);
  });

  it('takes a name once where its value stays, and asks again where it may change', async () => {
    const chunks = {
      'a.cjs': 'import{count,add,fixed}from"./b.cjs";function now(){return[count,fixed]}export{add,now};',
      'b.cjs': 'var count=0,fixed=1;function add(){count+=1}export{add,count,fixed};',
    };
    const { add, now } = (await run(chunks, 'a.cjs')) as { add(): void; now(): unknown };
    add();
    add();
    expect(now()).toEqual([2, 1]);
    const text = linkChunks(new Map(Object.entries(chunks))).get('a.cjs');
    expect(text).toContain('var{add:add,fixed:fixed}=require("./b.cjs")');
    expect(text).toContain('import{count as count}from"./b.cjs"');
  });

  it.each([
    ['import{a}from"./b.cjs";var c=1;import{d}from"./e.cjs";export{c};'],
    ['var a=1;export{a};export{a as b};'],
  ])('refuses what esbuild does not write: %s', (text) => {
    expect(() => linkChunks(new Map([['x.cjs', text]]))).toThrow('x.cjs is not in the form that esbuild gives chunks');
  });

  it('refuses a cycle, in which a name would be taken before it has its value', () => {
    const chunks = {
      'a.cjs': 'import{b}from"./b.cjs";var a=1;export{a};',
      'b.cjs': 'import{a}from"./a.cjs";var b=1;export{b};',
    };
    expect(() => linkChunks(new Map(Object.entries(chunks)))).toThrow('imports itself');
  });
});

describe('mayChange', () => {
  it.each([
    ['var n=1;'],
    ['var m=2,n=1;f(n==1,n===1,x.n=3,n=>n);'],
    ['function n(){}n();'],
    ['var n=class{};nn=1;$n++;'],
    ['var $n=1;'],
  ])('no: %s', (body) => {
    expect(mayChange(body, 'n')).toBe(false);
  });

  it.each([
    ['var n;function f(){n=1}'],
    ['var n=1;function f(){n=2}'],
    ['var n=1;n+=1;'],
    ['var n=1;n??=1;'],
    ['var n=1;n>>>=1;'],
    ['var n=1;n++;'],
    ['var n=1;--n;'],
    ['var n;[m,n]=[1,2];'],
    ['var n;({m:n}=f());'],
    ['var n;[...n]=[1];'],
    ['var n;for(n of[1]);'],
    ['var n;for([n]of[[1]]);'],
    ['function n(){}n=1;'],
  ])('yes: %s', (body) => {
    expect(mayChange(body, 'n')).toBe(true);
  });
});
