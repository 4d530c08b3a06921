//! Which hosts a sign-in, its credentials and what they sign go to: by partition, dual-stack and FIPS, seen on a company's proxy.

use super::*;
use crate::real::proxy::Company;

/// A region, what the environment asks for, and the hosts of OIDC, the access portal and STS there (AWS General Reference).
type Row = (&'static str, &'static [&'static str], [&'static str; 3]);

const FIPS: &str = "AWS_USE_FIPS_ENDPOINT";
const DUAL_STACK: &str = "AWS_USE_DUALSTACK_ENDPOINT";

/// Signs in and uses the credentials; the hosts that are asked for are the row's, each from its own party, and no other.
fn signs_in_at(rows: &[Row]) {
    let hosts: Vec<&str> = rows.iter().flat_map(|row| row.2).collect();
    for (region, variables, [oidc, portal, sts]) in rows {
        let mut center = center().approval(Approval::AtOnce);
        center.region = (*region).to_owned();
        let sandbox = start_with(center);
        let mut home = Home::new();
        let session = format!("[sso-session corp]\nsso_start_url = {START_URL}\nsso_region = {region}\n");
        home.write(".aws/config", session);
        let keys =
            format!("sso_session = corp\nsso_account_id = {ACCOUNT}\nsso_role_name = Admin\nregion = {region}\n");
        home.profile("dev", &keys);
        let company = Company::start(&home, &sandbox, &hosts, |_| {});
        company.lead(&mut home);
        variables.iter().for_each(|variable| home.set(variable, "true"));

        let mut waiting = Waiting::start(&home, &["sso", "login", "--no-browser"]);
        let address = waiting.address();
        let query = address.strip_prefix(&format!("https://{oidc}/authorize?")).unwrap_or_else(|| panic!("{address}"));
        assert!(browse(&format!("{}/authorize?{query}", sandbox.url())).contains("Signed in"), "{region}");
        let run = waiting.end();
        assert_eq!(run.code, 0, "{run:#?}");
        let of = |host: &str| format!("{host}:443");
        let asked = |company: &Company| {
            let mut asked = company.asked();
            asked.sort();
            asked.dedup();
            asked
        };
        assert_eq!(asked(&company), [of(oidc)], "{region} {variables:?}");

        home.ok(&["credential-process", "dev"]);
        assert_eq!(asked(&company), [of(portal)], "{region} {variables:?}");
        home.ok(&["whoami", "dev"]);
        assert_eq!(asked(&company), [of(sts)], "{region} {variables:?}");
    }
}

#[test]
fn each_partition_has_its_hosts() {
    signs_in_at(&[
        (
            "eu-central-1",
            &[],
            [
                "oidc.eu-central-1.amazonaws.com",
                "portal.sso.eu-central-1.amazonaws.com",
                "sts.eu-central-1.amazonaws.com",
            ],
        ),
        (
            "cn-north-1",
            &[],
            [
                "oidc.cn-north-1.amazonaws.com.cn",
                "portal.sso.cn-north-1.amazonaws.com.cn",
                "sts.cn-north-1.amazonaws.com.cn",
            ],
        ),
        (
            "us-gov-west-1",
            &[],
            [
                "oidc.us-gov-west-1.amazonaws.com",
                "portal.sso.us-gov-west-1.amazonaws.com",
                "sts.us-gov-west-1.amazonaws.com",
            ],
        ),
        (
            "eusc-de-east-1",
            &[],
            [
                "oidc.eusc-de-east-1.amazonaws.eu",
                "portal.sso.eusc-de-east-1.amazonaws.eu",
                "sts.eusc-de-east-1.amazonaws.eu",
            ],
        ),
        (
            "us-iso-east-1",
            &[],
            ["oidc.us-iso-east-1.c2s.ic.gov", "portal.sso.us-iso-east-1.c2s.ic.gov", "sts.us-iso-east-1.c2s.ic.gov"],
        ),
        (
            "us-isob-east-1",
            &[],
            [
                "oidc.us-isob-east-1.sc2s.sgov.gov",
                "portal.sso.us-isob-east-1.sc2s.sgov.gov",
                "sts.us-isob-east-1.sc2s.sgov.gov",
            ],
        ),
        (
            "eu-isoe-west-1",
            &[],
            [
                "oidc.eu-isoe-west-1.cloud.adc-e.uk",
                "portal.sso.eu-isoe-west-1.cloud.adc-e.uk",
                "sts.eu-isoe-west-1.cloud.adc-e.uk",
            ],
        ),
        (
            "us-isof-south-1",
            &[],
            [
                "oidc.us-isof-south-1.csp.hci.ic.gov",
                "portal.sso.us-isof-south-1.csp.hci.ic.gov",
                "sts.us-isof-south-1.csp.hci.ic.gov",
            ],
        ),
    ]);
}

#[test]
fn dual_stack_and_fips_have_their_hosts() {
    signs_in_at(&[
        (
            "eu-central-1",
            &[DUAL_STACK],
            ["oidc.eu-central-1.api.aws", "portal.sso.eu-central-1.api.aws", "sts.eu-central-1.api.aws"],
        ),
        (
            "cn-north-1",
            &[DUAL_STACK],
            [
                "oidc.cn-north-1.api.amazonwebservices.com.cn",
                "portal.sso.cn-north-1.api.amazonwebservices.com.cn",
                "sts.cn-north-1.api.amazonwebservices.com.cn",
            ],
        ),
        (
            "eusc-de-east-1",
            &[DUAL_STACK],
            [
                "oidc.eusc-de-east-1.api.amazonwebservices.eu",
                "portal.sso.eusc-de-east-1.api.amazonwebservices.eu",
                "sts.eusc-de-east-1.api.amazonwebservices.eu",
            ],
        ),
        (
            "us-east-1",
            &[FIPS],
            [
                "oidc-fips.us-east-1.amazonaws.com",
                "portal.sso-fips.us-east-1.amazonaws.com",
                "sts-fips.us-east-1.amazonaws.com",
            ],
        ),
        (
            "us-gov-west-1",
            &[FIPS],
            [
                "oidc.us-gov-west-1.amazonaws.com",
                "portal.sso.us-gov-west-1.amazonaws.com",
                "sts.us-gov-west-1.amazonaws.com",
            ],
        ),
        (
            "us-east-1",
            &[FIPS, DUAL_STACK],
            ["oidc-fips.us-east-1.api.aws", "portal.sso-fips.us-east-1.api.aws", "sts-fips.us-east-1.api.aws"],
        ),
    ]);
}
