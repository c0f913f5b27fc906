#!/usr/bin/env node
// Runs the sources as they are now: builds them first when they have changed. Only in a checkout.
'use strict';

const path = require('node:path');

import('../scripts/cached-program.mjs').then(async ({ cachedProgram }) => {
  const folder = await cachedProgram({ codeCache: false });
  await require('./start.js').start(process.argv.slice(2), path.join(folder, 'dist'));
});
