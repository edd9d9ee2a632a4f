#!/bin/sh
# Makes a repository that apt reads: the suite stable with the component main.
#
# Usage: apt.sh FOLDER_OF_THE_PACKAGES FOLDER_OF_THE_REPOSITORY; from the environment GPG_KEY, GNUPGHOME, SOURCE_DATE_EPOCH

set -eu

mkdir -p "$2/pool"
cp "$1"/*.deb "$2/pool"
cd "$2"

# One for each processor that has a package; what is for all of them is in each.
for package in pool/*.deb; do
    dpkg-deb --field "$package" Architecture
done | grep -vx all | sort -u > architectures
while read -r architecture; do
    folder=dists/stable/main/binary-$architecture
    mkdir -p "$folder"
    dpkg-scanpackages --multiversion --arch "$architecture" pool 2> /dev/null > "$folder/Packages"
    gzip -9nk "$folder/Packages"
done < architectures
architectures=$(tr '\n' ' ' < architectures)
rm architectures

cd dists/stable
{
    echo "Origin: Smoker"
    echo "Label: Smoker"
    echo "Suite: stable"
    echo "Codename: stable"
    echo "Date: $(LC_ALL=C date -u -R -d "@$SOURCE_DATE_EPOCH")"
    echo "Architectures: ${architectures% }"
    echo "Components: main"
    echo "SHA256:"
    find main -type f | sort | while read -r file; do
        echo " $(sha256sum "$file" | cut -d ' ' -f 1) $(wc -c < "$file") $file"
    done
} > ../Release
mv ../Release Release
gpg --batch --local-user "$GPG_KEY" --digest-algo SHA256 --clearsign --output InRelease Release
gpg --batch --local-user "$GPG_KEY" --digest-algo SHA256 --armor --detach-sign --output Release.gpg Release
