//! Owns the parts of the ARNs of users, roles and accounts.
//! It refuses the ARNs of every other service.

/// An ARN of IAM: `arn:PARTITION:iam::ACCOUNT:KIND/PATH/NAME`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct IamArn<'a> {
    pub(super) partition: &'a str,
    pub(super) account: &'a str,
    pub(super) kind: &'a str,
    /// The name without its path.
    pub(super) name: &'a str,
}

impl<'a> IamArn<'a> {
    /// Reads an ARN; `None` for anything else.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        let ["arn", partition, "iam", "", account, resource] = parts[..] else { return None };
        let (kind, rest) = resource.split_once('/').unwrap_or((resource, resource));
        let name = rest.rsplit('/').next().unwrap_or_default();
        let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
        (is_account && partition.starts_with("aws") && !name.is_empty()).then_some(Self {
            partition,
            account,
            kind,
            name,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arns_are_taken_apart() {
        let found = IamArn::parse("arn:aws-cn:iam::012345678901:role/team/admin").unwrap();
        assert_eq!(
            (found.partition, found.account, found.kind, found.name),
            ("aws-cn", "012345678901", "role", "admin")
        );
        assert_eq!(IamArn::parse("arn:aws:iam::012345678901:root").unwrap().kind, "root");
        for bad in [
            "",
            "arn:aws:iam::1:role/x",
            "arn:aws:sts::012345678901:assumed-role/x/y",
            "arn:aws:iam::012345678901:role/",
        ] {
            assert_eq!(IamArn::parse(bad), None, "{bad}");
        }
    }
}
