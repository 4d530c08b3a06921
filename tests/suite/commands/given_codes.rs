//! A code that comes with the command line: which device it is for where several need one.

use awstok::sandbox::{Options, Sandbox, User, World};

use crate::home::Home;

const SEED: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

#[test]
fn of_several_devices_the_first_profiles_gets_it() {
    let serial = |name: &str| format!("arn:aws:iam::123456789012:mfa/{name}");
    let mut world = World::new();
    let mut home = Home::new();
    for (name, key) in
        [("ann", "AKIAIOSFODNN7ANN0000"), ("bob", "AKIAIOSFODNN7BOB0000"), ("cid", "AKIAIOSFODNN7CID0000")]
    {
        world.add_user(User::new("123456789012", name, key, "secret").device(&serial(name), SEED)).unwrap();
        let mfa = serial(name);
        home.profile(name, &format!("aws_access_key_id = {key}\naws_secret_access_key = secret\nmfa_id = {mfa}\n"));
    }
    let sandbox = Sandbox::start(world, Options::default()).unwrap();
    home.set("AWS_ENDPOINT_URL_STS", sandbox.url());
    for (served, left) in [("ann", 2), ("bob", 1), ("cid", 0)] {
        let code = sandbox.unused_code(&serial(served)).unwrap();
        let run = home.run(&["token", "--all", "--mfa-code", &code]);
        assert_eq!(run.code, i32::from(left > 0), "{run:#?}");
        assert_eq!(run.err.matches("needs another code of the device").count(), left, "{run:#?}");
        let called = sandbox.calls();
        assert_eq!(called.last().unwrap().parameter("SerialNumber"), Some(&*serial(served)));
    }
    assert_eq!(sandbox.calls().len(), 3);
}
