/** Whatever names hold, a picture stays a picture: nothing in them becomes markup, syntax or an order to a terminal. */
import { SaxesParser } from 'saxes';
import { describe, expect, it } from 'vitest';
import type { Picture } from '../../../src/report/graph/picture.js';
import { renderPicture } from '../../../src/report/graph/render.js';
import { unsafeOutput } from '../support/reference.js';

const hostile = [
  '"]; click n1 "javascript:alert(1)"',
  '<img src=x onerror=alert(1)>',
  '</text><script>alert(1)</script>',
  'a\nend\nsubgraph x',
  '\u001b[31mred\u202eder',
  '#quot;]:::x',
  '%%{init: {"theme": "dark"}}%%',
  '\\" ]; evil [label="',
  '--> x; y',
  '`**markdown**`',
  '&lt;b&gt;',
  '漢字 émoji 😀',
] as const;
const all = hostile.join(' ');
const record = { system: all, kind: all, name: all, path: all, line: 1 };

const pictures: readonly Picture[] = [
  {
    kind: 'topology',
    nodes: hostile.map((name, index) => ({
      id: `n${index}`,
      kind: (['host', 'gateway', 'peer', 'network'] as const)[index % 4]!,
      name,
      details: [name],
    })),
    edges: hostile.slice(1).map((label, index) => ({
      from: 'n0',
      to: `n${index + 1}`,
      kind: (['tunnel', 'transport', 'behind'] as const)[index % 3]!,
      label,
      state: (['agreed', 'disagree', 'one-sided', 'unknown'] as const)[index % 4]!,
      why: label,
      records: [record],
    })),
    notes: [all],
  },
  {
    kind: 'nesting',
    flows: hostile.map((name) => ({
      system: name,
      policy: name,
      policies: [record],
      traffic: name,
      stops: [name, all, name].map((each) => ({ kind: 'host' as const, name: each, details: [each] })),
      sas: [
        { mode: 'transport', label: name, from: 0, to: 2, record },
        { mode: 'tunnel', label: all, from: 0, to: 1, record },
      ],
      clear: [],
    })),
    notes: [all],
  },
  {
    kind: 'spd',
    lists: [
      {
        system: all,
        list: 'forward',
        rows: hostile.map((policy, index) => ({
          number: index + 1,
          policy,
          place: record,
          priority: 1,
          selectors: [policy, all],
          moreSelectors: 2,
          action: 'PROTECT',
          treatment: policy,
          reach: index > 2 ? 'shadowed' : 'reachable',
          by: index > 2 ? [1] : [],
        })),
        leftOut: 3,
      },
    ],
    notes: [all],
  },
  {
    kind: 'sequence',
    packet: all,
    lifelines: [hostile[0], all, hostile[2]],
    messages: hostile.map((title, index) => ({
      at: index,
      from: index % 3,
      to: (index + 1) % 3,
      title,
      text: all,
      kind: (['ike', 'protected', 'clear'] as const)[index % 3]!,
      ...(index % 2 ? { lost: title } : {}),
    })),
    verdict: { word: 'fails', good: false, text: all },
    notes: [all],
  },
];

describe.each(pictures)('$kind', (picture) => {
  it('is well-formed SVG of harmless elements', () => {
    const text = renderPicture(picture, 'svg');
    const seen = new Set<string>();
    const parser = new SaxesParser({ xmlns: true });
    parser.on('error', (error) => {
      throw error;
    });
    parser.on('opentag', ({ name, attributes }) => {
      seen.add(name);
      for (const key of Object.keys(attributes)) expect(key).not.toMatch(/^on|href/i);
    });
    parser.write(text).close();
    expect([...seen].filter((name) => !drawn.has(name))).toEqual([]);
    expect(text).not.toMatch(unsafeOutput);
    expect(text).not.toContain('\u202e');
  });

  it('is Mermaid in which texts are texts', () => {
    for (const line of renderPicture(picture, 'mermaid').trimEnd().split('\n')) expect(line).toMatch(mermaidLine);
  });

  it('is DOT in which texts are texts', () => {
    const text = renderPicture(picture, 'dot');
    const bare = text.replace(/"(?:[^"\\\n]|\\.)*"/g, 'Q').replace(/^ *\/\/.*$/gm, '');
    expect(bare).not.toMatch(/[^\w\s[\]{}=,;>.#-]/);
    expect(bare).not.toMatch(/alert|evil|onerror/);
    expect(text).not.toMatch(unsafeOutput);
  });
});

const drawn = new Set(['svg', 'style', 'title', 'g', 'rect', 'circle', 'path', 'text']);

/** What a text may hold: entities of Mermaid's own, and nothing that ends it. */
const label = String.raw`(?:[^"#<>;\x60&\\]|#\d+;|<br\/>)*`;
const node = String.raw`[a-z]\w*`;
const mermaidLine = new RegExp(
  `^ *(?:${[
    'flowchart (?:LR|TD)',
    'direction LR',
    'end',
    'sequenceDiagram',
    String.raw`subgraph ${node}\["${label}"\]`,
    String.raw`${node}(?:\["${label}"\]|\(\["${label}"\]\)|\{\{"${label}"\}\})(?::::[a-z]+)?`,
    String.raw`${node} (?:---|-\.-|-->|<?(?:-->|==>|-\.->)\|(?:"${label}"|match|else)\|) ${node}(?:\(\["${label}"\]\))?(?::::[a-z]+)?`,
    'classDef [a-z]+ [a-z0-9:,. -]+',
    'linkStyle [0-9,]+ [a-z0-9:,#]+',
    `participant p\\d+ as ${label}`,
    String.raw`Note over p\d+,p\d+: ${label}`,
    String.raw`p\d+(?:->>|-->>|-x|-\))p\d+: ${label}`,
    '%% [^{}\n]*',
  ].join('|')})$`,
);
