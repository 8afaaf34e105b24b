import { printBacktestAgreement } from './bench-alerting/backtest-agreement.ts';
import { printBrokerRates } from './bench-alerting/broker-rates.ts';
import { printMemoryRates } from './bench-alerting/memory-rates.ts';
import { benchEvents } from './bench-events.ts';

/**
 * What alerting costs, with 1 rule, 1,000 of one project and 10,000 of 100 projects, beside the normaliser on the same
 * events in the same run: in this process alone, then as processes on a real broker. Beside these, backtests of the same
 * long logs, and whether they find what was decided live. Prints a JSON line for each measurement.
 *
 * Environment: N events (200,000) and ROUNDS (5) in this process; RECORDS (1,000,000) and BROKER_ROUNDS (3) on the broker,
 * KAFKA_BROKERS to use a running one; BACKTEST records (1,000,000). 0 leaves a part out.
 */
const events = benchEvents(Number(process.env.N ?? 200_000));
const rounds = Number(process.env.ROUNDS ?? 5);
const records = Number(process.env.RECORDS ?? 1_000_000);
const backtestRecords = Number(process.env.BACKTEST ?? 1_000_000);

if (rounds > 0) printMemoryRates({ events, rounds });
if (records > 0) {
  const brokerRounds = Number(process.env.BROKER_ROUNDS ?? 3);
  if (!(await printBrokerRates({ events, records, rounds: brokerRounds }))) process.exitCode = 1;
}
if (backtestRecords > 0 && !(await printBacktestAgreement({ events, records: backtestRecords }))) process.exitCode = 1;
