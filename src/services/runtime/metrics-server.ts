/** Serves a daemon's metrics by HTTP: on the loopback or on a unix socket, because nobody else is asked who they are. */
import { chmodSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { EnvironmentError, UsageError } from '../../model/tool-error.js';

export type MetricsPlace =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly file: string };

export interface MetricsServer {
  readonly place: MetricsPlace;
  close(): Promise<void>;
}

const connectionsMax = 16;
const timeoutMillis = 10_000;
const contentType = 'text/plain; version=0.0.4; charset=utf-8';

/** `127.0.0.1:9500`, `[::1]:9500`, `localhost:9500`, `unix:/run/ipsec/metrics.sock`. Throws UsageError for anything else. */
export function parseMetricsPlace(text: string): MetricsPlace {
  if (text.startsWith('unix:/')) return { kind: 'unix', file: text.slice('unix:'.length) };
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  const number = Number(port);
  if (host === undefined || number > 65_535) {
    throw new UsageError(`'${text}' is no place for metrics`, {
      hints: ['Write 127.0.0.1:9500, [::1]:9500 or unix:/run/ipsec/metrics.sock.'],
    });
  }
  if (host !== '::1' && host !== 'localhost' && !/^127(?:\.\d{1,3}){3}$/.test(host)) {
    throw new UsageError(`metrics are not for others: ${host} is no address of the loopback`, {
      hints: ['Let a proxy that asks for credentials fetch them from 127.0.0.1 or a unix socket.'],
    });
  }
  return { kind: 'tcp', host, port: number };
}

/** Listens; port 0 takes any. Throws EnvironmentError where the place is taken. */
export async function startMetricsServer(place: MetricsPlace, text: () => Promise<string>): Promise<MetricsServer> {
  const server = createServer((request, response) => {
    const path = request.url?.replace(/\?.*$/, '');
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.writeHead(405, { allow: 'GET, HEAD' }).end();
    } else if (path !== '/metrics') {
      response.writeHead(404, { 'content-type': contentType }).end('metrics are at /metrics\n');
    } else {
      text().then(
        (body) => response.writeHead(200, { 'content-type': contentType }).end(request.method === 'HEAD' ? '' : body),
        () => response.writeHead(503).end(),
      );
    }
  });
  server.maxConnections = connectionsMax;
  server.requestTimeout = timeoutMillis;
  server.headersTimeout = timeoutMillis;
  server.keepAliveTimeout = timeoutMillis;
  if (place.kind === 'unix') rmSync(place.file, { force: true });
  await listen(server, place);
  if (place.kind === 'unix') chmodSync(place.file, 0o600);
  // A scraper must not keep a daemon alive that has ended.
  server.unref();
  const address = server.address();
  return {
    place: place.kind === 'tcp' && typeof address === 'object' && address ? { ...place, port: address.port } : place,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
        if (place.kind === 'unix') rmSync(place.file, { force: true });
      }),
  };
}

function listen(server: Server, place: MetricsPlace): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const where = place.kind === 'tcp' ? `${place.host} port ${place.port}` : place.file;
      reject(new EnvironmentError(`metrics cannot be served on ${where} (${cause.code ?? cause.message})`, { cause }));
    });
    if (place.kind === 'tcp') server.listen(place.port, place.host, () => resolve());
    else server.listen(place.file, () => resolve());
  });
}
