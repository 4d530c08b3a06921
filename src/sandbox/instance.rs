//! Owns what the stand-in says of the EC2 instance that it plays: its values, its role, who may ask.
//! It refuses to speak HTTP; the metadata service does.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::json;

use super::arn::IamArn;
use super::metadata::pretty;
use super::rotation::{Post, Rhythm};
use super::world::World;

/// Who may ask the metadata service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Whoever has a token: IMDSv2 alone, as new instances have it.
    V2Only,
    /// Everybody; a token that is sent has to be good.
    V1AndV2,
    /// Everybody; there are no tokens, and asking for one is answered with this status (403, 404 or 405).
    V1Only(u16),
    /// Nobody: 403.
    Disabled,
}

/// An EC2 instance.
#[derive(Debug, Clone)]
pub struct Instance {
    /// Such as `i-0abcdef1234567890`; tokens are good for one instance only.
    pub id: String,
    /// Such as `t3.micro`.
    pub instance_type: String,
    /// The image (AMI).
    pub image_id: String,
    /// The account, twelve digits.
    pub account_id: String,
    /// The region.
    pub region: String,
    /// The availability zone.
    pub availability_zone: String,
    /// The private IPv4 address.
    pub private_ip: String,
    /// The public IPv4 address.
    pub public_ip: Option<String>,
    /// The address of the network card.
    pub mac: String,
    /// The network.
    pub vpc_id: String,
    /// The part of the network.
    pub subnet_id: String,
    /// The ARN of the role; it has to trust `ec2.amazonaws.com`.
    pub role: Option<String>,
    /// The name of the instance profile; `None`: the role's.
    pub profile_name: Option<String>,
    /// Who may ask.
    pub access: Access,
    pub(super) rhythm: Rhythm,
}

impl Instance {
    /// Makes an instance without a role, with IMDSv2 alone and a public address.
    pub fn new(account_id: &str, region: &str) -> Self {
        Self {
            id: "i-0a1b2c3d4e5f67890".to_owned(),
            instance_type: "t3.micro".to_owned(),
            image_id: "ami-0f1e2d3c4b5a69788".to_owned(),
            account_id: account_id.to_owned(),
            region: region.to_owned(),
            availability_zone: format!("{region}a"),
            private_ip: "10.0.1.23".to_owned(),
            public_ip: Some("203.0.113.25".to_owned()),
            mac: "0e:49:61:0f:c3:11".to_owned(),
            vpc_id: "vpc-0a1b2c3d4e5f60718".to_owned(),
            subnet_id: "subnet-0f9e8d7c6b5a43210".to_owned(),
            role: None,
            profile_name: None,
            access: Access::V2Only,
            rhythm: Rhythm::OF_EC2,
        }
    }

    /// Sets the role.
    #[must_use]
    pub fn role(mut self, arn: &str) -> Self {
        self.role = Some(arn.to_owned());
        self
    }

    /// Sets the name of the instance profile.
    #[must_use]
    pub fn profile_name(mut self, name: &str) -> Self {
        self.profile_name = Some(name.to_owned());
        self
    }

    /// Sets who may ask.
    #[must_use]
    pub fn access(mut self, access: Access) -> Self {
        self.access = access;
        self
    }

    /// Takes the public address away.
    #[must_use]
    pub fn private(mut self) -> Self {
        self.public_ip = None;
        self
    }

    /// Sets how long the role's credentials live (EC2: six hours). Of less than twenty minutes the last quarter is
    /// when new ones are there.
    #[must_use]
    pub fn lifetime(mut self, lifetime: Duration) -> Self {
        self.rhythm = Rhythm::OF_EC2.with_lifetime(lifetime);
        self
    }

    /// Sets how long before the end new credentials are there (EC2: five minutes); call it after `lifetime`.
    #[must_use]
    pub fn renew_before(mut self, time: Duration) -> Self {
        self.rhythm.renew_before = time;
        self
    }

    /// Gives the name of the role, without its path.
    pub(super) fn role_name(&self) -> Option<&str> {
        IamArn::parse(self.role.as_deref()?).map(|arn| arn.name)
    }

    /// Gives all values below `meta-data/` but the credentials, by path.
    pub(super) fn values(&self) -> BTreeMap<String, String> {
        let network = format!("network/interfaces/macs/{}", self.mac);
        let domain = if self.region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
        let internal = format!("ip-{}.{}", self.private_ip.replace('.', "-"), self.internal_domain());
        // a private instance has a public name, and it is empty
        let public_name = self.public_ip.as_ref().map(|ip| {
            let zone = if self.region == "us-east-1" { "compute-1" } else { &format!("{}.compute", self.region) };
            format!("ec2-{}.{zone}.{domain}", ip.replace('.', "-"))
        });
        let mut values: BTreeMap<String, String> = [
            ("ami-id", &self.image_id),
            ("hostname", &internal),
            ("instance-id", &self.id),
            ("instance-type", &self.instance_type),
            ("local-hostname", &internal),
            ("local-ipv4", &self.private_ip),
            ("mac", &self.mac),
            ("placement/availability-zone", &self.availability_zone),
            ("placement/region", &self.region),
            ("public-hostname", &public_name.unwrap_or_default()),
            ("services/domain", &domain.to_owned()),
        ]
        .map(|(path, value)| (path.to_owned(), value.clone()))
        .into();
        let of_network = [
            ("local-ipv4s", &self.private_ip),
            ("mac", &self.mac),
            ("owner-id", &self.account_id),
            ("subnet-id", &self.subnet_id),
            ("vpc-id", &self.vpc_id),
        ];
        values.extend(of_network.map(|(name, value)| (format!("{network}/{name}"), value.clone())));
        if let Some(ip) = &self.public_ip {
            values.extend(["public-ipv4".into(), format!("{network}/public-ipv4s")].map(|path| (path, ip.clone())));
        }
        values
    }

    fn internal_domain(&self) -> String {
        if self.region == "us-east-1" { "ec2.internal".into() } else { format!("{}.compute.internal", self.region) }
    }

    /// Gives the ARN of the instance profile.
    pub(super) fn profile_arn(&self) -> Option<String> {
        let arn = IamArn::parse(self.role.as_deref()?)?;
        let name = self.profile_name.as_deref().unwrap_or(arn.name);
        Some(format!("arn:{}:iam::{}:instance-profile/{name}", arn.partition, arn.account))
    }

    /// Gives the document by which an instance shows what it is.
    pub(super) fn identity_document(&self) -> String {
        let document = json!({
            "accountId": self.account_id,
            "architecture": "x86_64",
            "availabilityZone": self.availability_zone,
            "billingProducts": null,
            "devpayProductCodes": null,
            "marketplaceProductCodes": null,
            "imageId": self.image_id,
            "instanceId": self.id,
            "instanceType": self.instance_type,
            "kernelId": null,
            "pendingTime": "2026-01-01T00:00:00Z",
            "privateIp": self.private_ip,
            "ramdiskId": null,
            "region": self.region,
            "version": "2017-09-30",
        });
        document.as_object().map(pretty).unwrap_or_default()
    }
}

impl World {
    /// Makes the stand-in an EC2 instance, or another one, or none (404). The session of the role goes on where role
    /// and instance id are the same.
    pub fn set_instance(&mut self, instance: impl Into<Option<Instance>>) {
        let handed = self.instance.take().and_then(|post| post.handed);
        self.instance = instance.into().map(|holder| Post { holder, handed });
    }

    /// Gives the instance, to change it.
    pub fn instance(&mut self) -> Option<&mut Instance> {
        self.instance.as_mut().map(|post| &mut post.holder)
    }
}
