/** Rules and guidance profiles as words that shells complete. */
import { profiles } from '../lint/profiles/catalogue.js';
import { rules } from '../lint/registry.js';

interface Word {
  readonly word: string;
  readonly summary: string;
}

/** Codes, slugs, and beginnings of codes. */
export function ruleWords(): readonly Word[] {
  const families = [...new Set(rules.map(({ code }) => code.replace(/\d{3}$/, '')))].sort();
  return [
    { word: 'ALL', summary: 'every rule' },
    ...families.map((word) => ({ word, summary: `every rule of ${word}` })),
    ...rules.map(({ code, slug }) => ({ word: code, summary: slug })),
    ...rules.map(({ code, slug, summary }) => ({ word: slug, summary: `${code}: ${summary}` })),
  ];
}

export function guidanceProfileWords(): readonly Word[] {
  return profiles.map(({ name, title }) => ({ word: name, summary: title }));
}
