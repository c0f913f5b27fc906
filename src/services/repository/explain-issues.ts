/** Says what does not fit a schema of the tool's own files: in plain words, with its place, and with what was probably meant. */
import { closest } from '../../model/did-you-mean.js';

/** What a schema found, as far as it is looked at. */
export interface Issue {
  readonly code?: string;
  readonly path: readonly PropertyKey[];
  readonly message: string;
  /** Keys that are not known. */
  readonly keys?: readonly string[];
  /** Words that are allowed. */
  readonly values?: readonly unknown[];
}

export interface CheckedDocument {
  readonly value: unknown;
  placeOf(path: readonly PropertyKey[], key?: string): string | undefined;
}

export interface ExplainedIssue {
  /** `line:column`, where it can be told. */
  readonly place?: string;
  readonly message: string;
}

const issuesMax = 5;

/** The first issues, each key that is not known by itself. */
export function explainIssues(
  schema: unknown,
  issues: readonly Issue[],
  { value, placeOf }: CheckedDocument,
): readonly ExplainedIssue[] {
  return issues
    .flatMap((issue): ExplainedIssue[] => {
      const { path, message, keys, values } = issue;
      if (keys) return keys.map((key) => unknownKey(key, path, knownKeys(schema, path), placeOf(path, key)));
      const written = valueAt(value, path);
      const guess =
        values && typeof written === 'string'
          ? closest(
              written,
              values.filter((each) => typeof each === 'string'),
            )
          : undefined;
      return [
        placed(
          placeOf(path),
          `${path.map(String).join('.') || 'the file'}: ${message}${guess === undefined ? '' : `; did you mean ${guess}?`}`,
        ),
      ];
    })
    .slice(0, issuesMax);
}

function unknownKey(
  key: string,
  path: readonly PropertyKey[],
  known: readonly string[],
  place: string | undefined,
): ExplainedIssue {
  const guess = closest(key, known);
  const help =
    guess !== undefined ? `; did you mean ${guess}?` : known.length > 0 ? `; known are ${known.join(', ')}` : '';
  return placed(place, `${[...path, key].map(String).join('.')}: there is no such key${help}`);
}

function placed(place: string | undefined, message: string): ExplainedIssue {
  return place === undefined ? { message } : { place, message };
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (found, key) =>
      typeof found === 'object' && found !== null ? (found as Record<PropertyKey, unknown>)[key] : undefined,
    value,
  );
}

/** The parts of zod's schemas that lead to what lies at a path. */
interface SchemaNode {
  readonly shape?: Readonly<Record<string, SchemaNode>>;
  /** Of a record. */
  readonly valueType?: SchemaNode;
  /** Of an array. */
  readonly element?: SchemaNode;
  readonly options?: readonly SchemaNode[];
  unwrap?(): SchemaNode;
}

/** The keys that the schema knows at a path; none where it takes any. */
function knownKeys(schema: unknown, path: readonly PropertyKey[]): readonly string[] {
  let node: SchemaNode | undefined = schema as SchemaNode;
  for (const key of path) {
    node = bare(node);
    node = node?.shape?.[String(key)] ?? node?.valueType ?? node?.element;
  }
  return Object.keys(bare(node)?.shape ?? {}).filter((key) => key !== '$schema');
}

/** Without what makes it optional; of an alternative the objects among it count. */
function bare(node: SchemaNode | undefined): SchemaNode | undefined {
  let inner = node;
  while (inner && !inner.shape && !inner.element && inner.unwrap) inner = inner.unwrap();
  return inner?.options ? (inner.options.map(bare).find((each) => each?.shape) ?? inner) : inner;
}
