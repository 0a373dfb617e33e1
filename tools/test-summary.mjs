// A vitest reporter that closes a run: every skipped test with its reason, and one plain line any CI can read.
export default class TestSummary {
  onTestRunEnd(modules) {
    const tests = modules.flatMap((module) => [...module.children.allTests()])
    const count = (state) => tests.filter((test) => test.result().state === state).length
    for (const test of tests) {
      const { state, note } = test.result()
      if (state === 'skipped') console.log(`skipped: ${test.fullName}: ${note ?? 'without a reason'}`)
    }
    // A file that does not load has no tests to count, and fails all the same.
    const broken = modules.filter((module) => module.errors().length > 0).length
    console.log(`${count('passed')} passed, ${count('failed') + broken} failed, ${count('skipped')} skipped`)
  }
}
