/** Which fix is chosen for a finding: the mapping says it, else the server did what it does by itself. */
import type { Finding, Mapping } from '@/api/types'

const GAPS = 'missing_dates' // what a date without a row means has a field of its own in the mapping

export function fixFor(mapping: Mapping, finding: Finding): string | undefined {
  const usual = finding.code === GAPS ? mapping.gaps : finding.fix
  return mapping.fixes[finding.code] ?? usual ?? undefined
}

export function withFix(mapping: Mapping, code: string, fix: string): Mapping {
  if (code === GAPS) {
    const others = Object.entries(mapping.fixes).filter(([name]) => name !== GAPS)
    return { ...mapping, fixes: Object.fromEntries(others), gaps: fix as Mapping['gaps'] }
  }
  return { ...mapping, fixes: { ...mapping.fixes, [code]: fix } }
}

/** Return the findings for which the whole file would be refused. */
export function refusing(mapping: Mapping, findings: readonly Finding[]): Finding[] {
  return findings.filter(finding => fixFor(mapping, finding) === 'refuse')
}
