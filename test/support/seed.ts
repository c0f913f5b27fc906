/**
 * One seed for all property tests, so that a run of the tests is the same everywhere. To look further:
 * FC_SEED=$RANDOM npm test; a failure prints its seed and path.
 */
import fc from 'fast-check';

fc.configureGlobal({ seed: Number(process.env.FC_SEED ?? 20261121) });
